import NIOCore

/// Stands before the decoder and keeps what comes after a request that asks for a hijack until the pipe is there: the
/// decoder would drop bytes that are followed by the client's half-close.
final class EarlyBytesGate: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private var isHolding = false
  private var held: [ByteBuffer] = []
  private var sawClose = false
  private var context: ChannelHandlerContext?

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }
  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func hold() { isHolding = true }

  func release() {
    isHolding = false
    guard let context else { return }
    for buffer in held { context.fireChannelRead(NIOAny(buffer)) }
    if !held.isEmpty { context.fireChannelReadComplete() }
    held = []
    if sawClose { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
    sawClose = false
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if isHolding { held.append(unwrapInboundIn(data)) } else { context.fireChannelRead(data) }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if isHolding, case .inputClosed? = event as? ChannelEvent {
      sawClose = true
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }
}

/// The last handler: what reaches it came in over a hijacked connection.
final class RawBytes: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private weak var connection: HTTPConnection?

  init(of connection: HTTPConnection) { self.connection = connection }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    connection?.receivedRaw(Array(unwrapInboundIn(data).readableBytesView))
  }
}
