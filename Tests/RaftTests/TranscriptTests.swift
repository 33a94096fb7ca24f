import Testing

/// The stories in `Testdata`: what members say to each other, word for word.
///
/// `UPDATE_GOLDEN=1 swift test --filter TranscriptTests` rewrites them; a person then reads the difference.
@Suite struct TranscriptTests {
  @Test("every member says what the transcript says", arguments: Transcript.names)
  func transcript(name: String) throws {
    var transcript = try Transcript(name)
    var lab = TextLab()
    for place in transcript.blocks.indices {
      let block = transcript.blocks[place]
      var printed: [String] = []
      for command in block.input where !command.hasPrefix("#") { printed += lab.run(command) }
      if Transcript.isUpdating {
        transcript.blocks[place].expected = printed
      } else {
        #expect(printed == block.expected, "\(name):\(block.line)")
      }
    }
    #expect(!transcript.blocks.isEmpty)
    if Transcript.isUpdating { try transcript.save() }
  }

  @Test("there are transcripts to read") func transcriptsExist() { #expect(Transcript.names.count >= 12) }
}
