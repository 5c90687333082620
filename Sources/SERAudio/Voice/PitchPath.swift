// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The pitch of each frame, chosen among candidates so that it is voiced, within the range of speech and smooth, by a
/// Viterbi search that decides at most 40 frames late.
///
/// openSMILE's costs with the weights of eGeMAPS, and what is peculiar to them: staying unvoiced costs 1, and the
/// change of pitch that another is compared with is that of the transition looked at last, on whatever path.
struct PitchPath {
    /// The pitch of each frame decided so far, in Hz; 0 where it is unvoiced.
    private(set) var frequencies: [Float] = []
    /// How many of them were decided before the last frame was known to be the last.
    private(set) var decided = 0

    private static let states = SubharmonicSummation.candidates + 1
    private static let unvoiced = states - 1
    private static let memory = 40

    private static let threshold: Float = 0.7
    private static let localWeight = 2.0
    private static let thresholdCost = 4.0
    private static let changeWeight = 10.0
    private static let changeOfChangeWeight = 10.0
    private static let switchCost = 10.0
    private static let unvoicedCost = 1.0
    private static let impossible = 999.0

    private let candidates: [PitchCandidate]
    private var costs = [Double](repeating: 0, count: states)
    private var newCosts = [Double](repeating: 0, count: states)
    // The best path into each state: what was chosen in the last frames, by their number modulo the memory.
    private var paths = [UInt8](repeating: 0, count: states * memory)
    private var newPaths = [UInt8](repeating: 0, count: states * memory)
    private var lastChange = 1.0

    /// The path through the candidates of all frames, [frames x candidates].
    init(through candidates: [PitchCandidate]) {
        self.candidates = candidates
        let frames = candidates.count / SubharmonicSummation.candidates
        frequencies.reserveCapacity(frames)
        for frame in 0..<frames {
            if frame == 0 { begin() } else { step(to: frame) }
            decide(through: frame)
        }
        decided = frequencies.count
        let best = cheapest()
        for frame in frequencies.count..<frames { choose(best, at: frame) }
    }

    private func candidate(_ state: Int, _ frame: Int) -> PitchCandidate {
        candidates[frame * SubharmonicSummation.candidates + state]
    }

    private mutating func begin() {
        let flag = unvoicedCost(0)
        for state in 0..<Self.states {
            costs[state] = localCost(state, 0, flag)
            paths[state * Self.memory] = UInt8(state)
        }
    }

    private mutating func step(to frame: Int) {
        let unvoiced = unvoicedCost(frame)
        for state in 0..<Self.states {
            var (best, least) = (0, Double.infinity)
            for origin in 0..<Self.states {
                let cost = transitionCost(from: origin, to: state, frame) + costs[origin]
                if cost < least { (best, least) = (origin, cost) }
            }
            newCosts[state] = least + localCost(state, frame, unvoiced)
            let row = state * Self.memory
            for slot in 0..<Self.memory { newPaths[row + slot] = paths[best * Self.memory + slot] }
            newPaths[row + frame % Self.memory] = UInt8(state)
        }
        swap(&costs, &newCosts)
        swap(&paths, &newPaths)
    }

    /// Decides frames that all paths agree on; the oldest one by the cheapest path where memory is full.
    private mutating func decide(through frame: Int) {
        if frame + 1 - frequencies.count >= Self.memory {
            choose(cheapest(), at: frequencies.count)
            return
        }
        while frequencies.count <= frame {
            let slot = frequencies.count % Self.memory, state = paths[slot]
            guard (1..<Self.states).allSatisfy({ paths[$0 * Self.memory + slot] == state }) else { return }
            choose(0, at: frequencies.count)
        }
    }

    private mutating func choose(_ path: Int, at frame: Int) {
        let state = Int(paths[path * Self.memory + frame % Self.memory])
        frequencies.append(state == Self.unvoiced ? 0 : candidate(state, frame).frequency)
    }

    private func cheapest() -> Int {
        var best = 0
        for state in 1..<Self.states where costs[state] < costs[best] { best = state }
        return best
    }

    private func unvoicedCost(_ frame: Int) -> Double {
        let isVoiced = (0..<Self.unvoiced).contains { candidate($0, frame).voicing >= Self.threshold }
        return isVoiced ? Self.localWeight * Self.thresholdCost : 0
    }

    private func localCost(_ state: Int, _ frame: Int, _ unvoiced: Double) -> Double {
        guard state != Self.unvoiced else { return unvoiced }
        let candidate = candidate(state, frame)
        let voicing = min(1, max(0.01, Double(candidate.voicing)))
        let threshold = voicing < Double(Self.threshold) ? Self.thresholdCost : 0
        return (threshold - log(voicing)) * Self.localWeight + Self.rangeCost(Double(candidate.frequency))
    }

    /// What a frequency costs: nothing from 100 to 350 Hz, more away from there.
    private static func rangeCost(_ frequency: Double) -> Double {
        switch frequency {
        case ...0: 2
        case ..<100: 1 - frequency / 100
        case ..<350: 0
        case ..<600: (frequency - 350) / 250
        default: 1.2
        }
    }

    private mutating func transitionCost(from origin: Int, to state: Int, _ frame: Int) -> Double {
        switch (origin == Self.unvoiced, state == Self.unvoiced) {
        case (true, true): return Self.unvoicedCost
        case (false, false):
            let before = candidate(origin, frame - 1).frequency, now = candidate(state, frame).frequency
            if before == 0 || now == 0 { return Self.impossible }
            let change = log(Double(now / before))
            let changeOfChange = change - lastChange
            lastChange = change
            return Self.changeWeight * abs(change) + Self.changeOfChangeWeight * abs(changeOfChange)
        default:
            lastChange = 0
            return Self.switchCost
        }
    }
}
