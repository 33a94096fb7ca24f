// What single bytes are to a shell's grammar.

let newlineByte = UInt8(ascii: "\n")

func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

func isNameStart(_ byte: UInt8) -> Bool {
  (65...90).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: "_")
}

func isNameByte(_ byte: UInt8) -> Bool { isNameStart(byte) || isDigit(byte) }

/// Whether the byte ends a word that is not quoted.
func isMeta(_ byte: UInt8) -> Bool {
  switch byte {
  case 9, 10, 13, 32, UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: ";"), UInt8(ascii: "<"), UInt8(ascii: ">"),
    UInt8(ascii: "("), UInt8(ascii: ")"):
    true
  default: false
  }
}
