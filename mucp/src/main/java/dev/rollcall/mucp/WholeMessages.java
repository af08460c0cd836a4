package dev.rollcall.mucp;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpMessage;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.TooLongHttpContentException;

/** Puts the parts of a message together; of one over the limit it passes only the headers on, marked as failed. */
final class WholeMessages extends HttpObjectAggregator {
    WholeMessages(int maxMessageBytes) {
        super(maxMessageBytes);
    }

    @Override
    protected void handleOversizedMessage(ChannelHandlerContext ctx, HttpMessage oversized) {
        FullHttpMessage headers = oversized instanceof HttpRequest request
                ? new DefaultFullHttpRequest(
                        request.protocolVersion(),
                        request.method(),
                        request.uri(),
                        Unpooled.EMPTY_BUFFER,
                        request.headers(),
                        request.headers().copy().clear())
                : new DefaultFullHttpResponse(
                        oversized.protocolVersion(),
                        ((HttpResponse) oversized).status(),
                        Unpooled.EMPTY_BUFFER,
                        oversized.headers(),
                        oversized.headers().copy().clear());
        headers.setDecoderResult(DecoderResult.failure(
                new TooLongHttpContentException("message: over " + maxContentLength() + " bytes (expected: at most)")));
        ctx.fireChannelRead(headers);
    }
}
