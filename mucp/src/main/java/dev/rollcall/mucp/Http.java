package dev.rollcall.mucp;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.timeout.WriteTimeoutHandler;
import java.util.concurrent.TimeUnit;

/**
 * HTTP/1.1 as messages one by one. In streams requests and responses are not paired, so the codecs must not pair them either:
 * they are those for one direction each.
 *
 * <p>Nothing is read before the connection asks for it, so that a peer cannot send more than is taken from it: after the message
 * asked for there may be those that came with its bytes.
 */
final class Http {
    private Http() {}

    static void server(Channel channel, MucpLimits limits, ChannelHandler connection) {
        channel.config().setAutoRead(false);
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addLast(new HttpRequestDecoder(limits()), new HttpResponseEncoder());
        pipeline.addLast(new WriteTimeoutHandler(limits.idle().toNanos(), TimeUnit.NANOSECONDS));
        pipeline.addLast(new WholeMessages(limits.messageBytes()), connection);
    }

    static void client(Channel channel, int maxMessageBytes, ChannelHandler connection) {
        channel.config().setAutoRead(false);
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addLast(new HttpResponseDecoder(limits()), new HttpRequestEncoder());
        pipeline.addLast(new WholeMessages(maxMessageBytes), connection);
    }

    /** Closes the channel soon; nobody needs to know when. */
    static void close(Channel channel) {
        var unused = channel.close();
    }

    private static HttpDecoderConfig limits() {
        return new HttpDecoderConfig().setMaxHeaderSize(MucpLimits.HEADER_BYTES);
    }
}
