/**
 * Interceptors for servers of either protocol; give them to {@link dev.rollcall.rpc.ServiceHostBuilder#intercept} or to a gRPC
 * server. For metrics take Micrometer's own {@code MetricCollectingServerInterceptor}.
 */
@NullMarked
package dev.rollcall.rpc.interceptors;

import org.jspecify.annotations.NullMarked;
