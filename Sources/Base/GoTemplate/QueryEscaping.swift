import SimBase

/// A text for a URL's query: blanks as `+`, all but letters, digits and `-_.~` as `%XX`.
public func queryEscaped(_ text: String) -> String {
  var result = ""
  for byte in text.utf8 {
    switch byte {
    case 65...90, 97...122, 48...57, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"):
      result.unicodeScalars.append(Unicode.Scalar(byte))
    case 32: result += "+"
    default: result += "%" + hexText([byte]).uppercased()
    }
  }
  return result
}
