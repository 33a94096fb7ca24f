import SimBase

/// `tee`.
struct TeeFilter: Filter {
  private var paths: [String] = []

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var filter = TeeFilter()
    var appends = false
    var reader = OptionReader(call.arguments)
    while let option = reader.next() { if option == "a" { appends = true } }
    for word in reader.operands {
      let path = call.absolute(word)
      do throws(FileError) {
        if !appends || !call.files.exists(path) { try call.files.write(path, [], at: call.now) }
        filter.paths.append(path)
      } catch {
        call.sink.complain("tee: \(word): \(error.sentence)")
      }
    }
    return .filter(filter, [])
  }

  mutating func take(_ bytes: [UInt8], _ sink: inout Sink) {
    sink.out += bytes
    for path in paths { sink.additions.append(FileAddition(path: path, bytes: bytes)) }
  }
}

/// `rev`.
struct ReverseFilter: LineFilter {
  var rest: [UInt8] = []

  mutating func line(_ line: ArraySlice<UInt8>, hasEnd: Bool, _ sink: inout Sink) {
    sink.out += Array(String(String(decoding: line, as: UTF8.self).reversed()).utf8)
    if hasEnd { sink.out.append(newlineByte) }
  }
}

/// `tac`.
struct TacFilter: LineFilter {
  var rest: [UInt8] = []
  private var lines: [ArraySlice<UInt8>] = []

  mutating func line(_ line: ArraySlice<UInt8>, hasEnd: Bool, _ sink: inout Sink) { lines.append(line) }

  mutating func finish(_ sink: inout Sink) -> Int {
    for line in lines.reversed() { sink.print(line) }
    return 0
  }
}

/// `nl`: numbers the lines that are not empty, or with `-ba` all.
struct NumberFilter: LineFilter {
  var rest: [UInt8] = []
  private var countsAll = false
  private var number = 0

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var filter = NumberFilter()
    var reader = OptionReader(call.arguments)
    while let option = reader.next() { if option == "b" { filter.countsAll = reader.value() == "a" } }
    return .filter(filter, reader.operands)
  }

  mutating func line(_ line: ArraySlice<UInt8>, hasEnd: Bool, _ sink: inout Sink) {
    if line.isEmpty && !countsAll {
      sink.print("       ")
      return
    }
    number += 1
    sink.print(Array((padded(number, 6) + "\t").utf8) + line)
  }
}

/// `cat`.
struct CatFilter: LineFilter {
  var rest: [UInt8] = []
  private var isNumbered = false
  private var number = 0

  static func start(_ call: inout Applet.Call) -> Applet.Start {
    var filter = CatFilter()
    var reader = OptionReader(call.arguments)
    while let option = reader.next() { if option == "n" { filter.isNumbered = true } }
    return .filter(filter, reader.operands)
  }

  mutating func take(_ bytes: [UInt8], _ sink: inout Sink) {
    if !isNumbered {
      sink.out += bytes
      return
    }
    var text = rest + bytes
    while let end = text.firstIndex(of: newlineByte) {
      line(text[..<end], hasEnd: true, &sink)
      text.removeSubrange(...end)
    }
    rest = text
  }

  mutating func line(_ line: ArraySlice<UInt8>, hasEnd: Bool, _ sink: inout Sink) {
    number += 1
    sink.out += Array((padded(number, 6) + "\t").utf8) + line
    if hasEnd { sink.out.append(newlineByte) }
  }
}

/// A number right-aligned in a column.
func padded(_ number: Int, _ width: Int) -> String {
  let text = String(number)
  return String(repeating: " ", count: max(0, width - text.count)) + text
}
