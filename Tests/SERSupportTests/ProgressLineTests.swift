// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport
import Testing

/// Collects what would go to standard error, with a clock that stands until it is moved.
private final class Recorder: @unchecked Sendable {
    private let lock = NSLock()
    private var pieces: [String] = []
    private var seconds = 0.0

    var text: String { lock.withLock { pieces.joined() } }
    var writes: Int { lock.withLock { pieces.count } }
    func write(_ text: String) { lock.withLock { pieces.append(text) } }
    func wait(_ duration: Double) { lock.withLock { seconds += duration } }
    func now() -> Double { lock.withLock { seconds } }

    func line(total: Int, style: ProgressLine.Style, columns: Int = 120) -> ProgressLine {
        ProgressLine(
            "features", total: total, unit: "clips", style: style, columns: columns, clock: { self.now() },
            output: { self.write($0) })
    }
}

@Suite struct ProgressLineTests {
    @Test func pipeGetsALineEveryFewSecondsAndTheLast() {
        let recorder = Recorder()
        let progress = recorder.line(total: 100, style: .plain)
        for _ in 0..<100 {
            recorder.wait(0.125)
            progress.advance()
        }
        progress.finish()
        progress.finish()
        progress.advance()
        let lines = recorder.text.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.first?.contains(" 40/100 clips  8.0/s  0:08 left") == true)
        #expect(lines.last?.contains("100/100 clips") == true && lines.last?.contains("in 0:13") == true)
        #expect(!recorder.text.contains("\r") && !recorder.text.contains("\u{1B}"))
    }

    @Test func terminalRedrawsOneLineAndLeavesIt() {
        let recorder = Recorder()
        let progress = recorder.line(total: 1000, style: .terminal)
        for _ in 0..<1000 {
            recorder.wait(0.0009765625)
            progress.advance(note: "loss 0.5")
        }
        progress.finish()
        #expect((8...12).contains(recorder.writes), "\(recorder.writes) redraws in a second")
        #expect(recorder.text.filter { $0 == "\n" }.count == 1)
        #expect(recorder.text.hasSuffix("loss 0.5\u{1B}[K\n"))
        #expect(recorder.text.contains("[####################]"))
    }

    @Test func lineNeverWraps() {
        let recorder = Recorder()
        let progress = recorder.line(total: 10, style: .terminal, columns: 40)
        progress.advance(note: String(repeating: "x", count: 200))
        progress.finish()
        let lines = recorder.text.replacingOccurrences(of: "\u{1B}[K", with: "").split { $0 == "\r" || $0 == "\n" }
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { $0.count < 40 })
    }

    @Test func messagesStandAboveTheLine() {
        let recorder = Recorder()
        let progress = recorder.line(total: 10, style: .terminal)
        progress.message("a.wav is empty")
        progress.finish()
        #expect(recorder.text.hasPrefix("\r\u{1B}[Ka.wav is empty\n\rfeatures"))
    }

    @Test func silentWritesNothing() {
        let recorder = Recorder()
        let progress = recorder.line(total: 10, style: .silent)
        progress.advance()
        progress.message("hidden")
        progress.finish()
        #expect(recorder.text.isEmpty)
    }

    @Test func nothingToDoIsNoDivisionByZero() {
        let recorder = Recorder()
        let progress = recorder.line(total: 0, style: .plain)
        progress.finish()
        #expect(recorder.text.contains("0/0 clips"))
    }

    @Test func threadsMayAdvanceAtOnce() {
        let recorder = Recorder()
        let progress = recorder.line(total: 4000, style: .plain)
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for _ in 0..<500 { progress.advance() }
        }
        progress.finish()
        #expect(recorder.text.contains("4000/4000 clips"))
    }
}
