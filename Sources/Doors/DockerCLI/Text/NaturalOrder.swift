/// Whether `a` sorts before `b` with runs of digits taken as numbers: `web.2` before `web.10`.
///
/// Digits sort before other characters; of equal numbers the one with fewer leading zeros comes first.
/// Source: fvbommel/sortorder `natsort.go`.
func naturallyPrecedes(_ a: String, _ b: String) -> Bool {
  let (x, y) = (Array(a.utf8), Array(b.utf8))
  var (i, j) = (0, 0)
  func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
  while i < x.count, j < y.count {
    if isDigit(x[i]) != isDigit(y[j]) { return isDigit(x[i]) }
    if !isDigit(x[i]) {
      if x[i] != y[j] { return x[i] < y[j] }
      i += 1
      j += 1
      continue
    }
    let (startX, startY) = (i, j)
    while i < x.count, x[i] == 48 { i += 1 }
    while j < y.count, y[j] == 48 { j += 1 }
    let (zerosX, zerosY) = (i - startX, j - startY)
    let (digitsX, digitsY) = (i, j)
    while i < x.count, isDigit(x[i]) { i += 1 }
    while j < y.count, isDigit(y[j]) { j += 1 }
    if i - digitsX != j - digitsY { return i - digitsX < j - digitsY }
    let (numberX, numberY) = (x[digitsX..<i], y[digitsY..<j])
    if !numberX.elementsEqual(numberY) { return numberX.lexicographicallyPrecedes(numberY) }
    if zerosX != zerosY { return zerosX < zerosY }
  }
  return x.count - i < y.count - j
}

extension Array {
  /// The elements ordered by a text of theirs; equal ones keep their order.
  func sorted(naturallyBy key: (Element) -> String) -> [Element] {
    let keyed = enumerated().map { (place: $0.offset, key: key($0.element), element: $0.element) }
    return keyed.sorted { a, b in
      if naturallyPrecedes(a.key, b.key) { return true }
      if naturallyPrecedes(b.key, a.key) { return false }
      return a.place < b.place
    }.map(\.element)
  }
}
