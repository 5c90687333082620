// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// How far long work has come, on standard error: one line that is redrawn on a terminal, a plain line every few seconds
/// in a pipe.
///
/// Safe to call from several threads at once.
package final class ProgressLine: Sendable {
    /// Where and how progress is shown.
    package enum Style: Sendable {
        /// ``terminal`` where standard error is one, else ``plain``.
        case automatic
        /// One line, redrawn at most ten times a second.
        case terminal
        /// A line at most every ``plainInterval`` seconds, and the last.
        case plain
        /// Nothing.
        case silent
    }

    /// The least time between two plain lines, in seconds.
    package static let plainInterval = 5.0
    private static let redrawInterval = 0.1
    private static let barWidth = 20

    private let title: String
    private let total: Int
    private let unit: String
    private let style: Style
    private let clock: @Sendable () -> Double
    private let output: @Sendable (String) -> Void
    private let columns: Int
    private let start: Double
    private let state: Mutex<State>

    private struct State {
        var completed = 0
        var note = ""
        var lastShown: Double
        var isFinished = false
    }

    /// Begins to report.
    ///
    /// - Parameters:
    ///   - title: what is done, such as "features".
    ///   - total: number of steps.
    ///   - unit: what a step is, such as "clips".
    ///   - clock: seconds from any start, for tests.
    ///   - output: takes text to be written, for tests.
    package init(
        _ title: String, total: Int, unit: String = "steps", style: Style = .automatic, columns: Int? = nil,
        clock: @escaping @Sendable () -> Double = { ProcessInfo.processInfo.systemUptime },
        output: @escaping @Sendable (String) -> Void = { StandardStream.errors.write($0) }
    ) {
        self.title = title
        self.total = total
        self.unit = unit
        self.style = style.resolved
        self.clock = clock
        self.output = output
        self.columns = columns ?? Terminal.columns
        start = clock()
        // A pipe hears of short work only at its end.
        state = Mutex(State(lastShown: self.style == .plain ? start : -.infinity))
    }

    /// Notes that `steps` more steps are done, and something to show beside them, such as the loss.
    package func advance(by steps: Int = 1, note: String? = nil) {
        state.withLock { state in
            state.completed += steps
            if let note { state.note = note }
            show(&state)
        }
    }

    /// Notes how many steps are done in all.
    package func update(completed: Int, note: String? = nil) {
        state.withLock { state in
            state.completed = completed
            if let note { state.note = note }
            show(&state)
        }
    }

    /// Shows the last state and ends the line; further calls do nothing.
    package func finish(note: String? = nil) {
        state.withLock { state in
            guard !state.isFinished else { return }
            if let note { state.note = note }
            state.isFinished = true
            switch style {
            case .terminal: output("\r\(fitted(line(state, at: clock())))\u{1B}[K\n")
            case .plain: output(line(state, at: clock()) + "\n")
            case .silent, .automatic: break
            }
        }
    }

    /// Writes a line of its own, above the progress line where there is one.
    package func message(_ text: String) {
        state.withLock { state in
            switch style {
            case .terminal: output("\r\u{1B}[K\(text)\n")
            case .plain: output(text + "\n")
            case .silent, .automatic: return
            }
            if style == .terminal, !state.isFinished { output("\r\(fitted(line(state, at: clock())))\u{1B}[K") }
        }
    }

    private func show(_ state: inout State) {
        let now = clock()
        guard !state.isFinished else { return }
        switch style {
        case .terminal where now - state.lastShown >= Self.redrawInterval:
            output("\r\(fitted(line(state, at: now)))\u{1B}[K")
            state.lastShown = now
        case .plain where now - state.lastShown >= Self.plainInterval:
            output(line(state, at: now) + "\n")
            state.lastShown = now
        default: break
        }
    }

    /// "features [######--------------]  840/2800 clips  140/s  0:14 left  note"
    private func line(_ state: State, at now: Double) -> String {
        let completed = state.completed
        let fraction = total > 0 ? min(1, max(0, Double(completed) / Double(total))) : 1
        let filled = Int(saturating: fraction * Double(Self.barWidth), rounding: .down)
        let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: Self.barWidth - filled)
        let count = "\(completed)".leftPadded(to: "\(total)".count)
        var parts = ["\(title) [\(bar)]", "\(count)/\(total) \(unit)"]
        let elapsed = max(now - start, 1e-9)
        let rate = Double(completed) / elapsed
        if completed > 0 { parts.append(rate >= 1 ? "\(Self.short(rate))/s" : "\(Self.short(1 / rate)) s each") }
        if state.isFinished {
            parts.append("in \(Self.clockTime(elapsed))")
        } else if rate > 0 {
            parts.append("\(Self.clockTime(Double(max(0, total - completed)) / rate)) left")
        }
        if !state.note.isEmpty { parts.append(state.note) }
        return parts.joined(separator: "  ")
    }

    /// A line longer than the terminal would wrap, and redrawing it would leave its first half behind.
    private func fitted(_ line: String) -> String { String(line.prefix(max(10, columns - 1))) }

    private static func short(_ value: Double) -> String { value.fixed(value < 10 ? 1 : 0) }

    private static func clockTime(_ seconds: Double) -> String {
        let whole = min(Int(saturating: seconds, rounding: .up), 359_999)
        let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
        return hours > 0
            ? String(format: "%d:%02d:%02d", hours, minutes, rest) : String(format: "%d:%02d", minutes, rest)
    }
}

extension ProgressLine.Style {
    fileprivate var resolved: ProgressLine.Style {
        guard self == .automatic else { return self }
        return Terminal.isInteractive ? .terminal : .plain
    }
}

/// What standard error is connected to.
package enum Terminal {
    /// Whether standard error is a terminal that can move its cursor.
    package static var isInteractive: Bool {
        isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    /// Width of the terminal in characters; 80 where it does not say.
    package static var columns: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
