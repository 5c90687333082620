// SPDX-License-Identifier: Apache-2.0

import SERSupport

extension Explanation: CustomStringConvertible {
    /// What was explained and how, where the evidence lies, and which coefficients carry it.
    public var description: String { ([heading] + evidence + notes).joined(separator: "\n") }

    /// In one or two sentences, when and where the evidence lies.
    public var summary: String {
        guard let first = spansInFavor.first else {
            return "Nothing in the clip speaks for '\(label)' more than an average clip does."
        }
        var text =
            "Most evidence for '\(label)' lies between \(first.start.fixed(2)) and \(first.end.fixed(2)) s"
            + " (\(Self.percent(first.share)) of it)"
        if let region = mel?.regions.max(by: { $0.evidence < $1.evidence }), region.evidence > 0 {
            text +=
                "; over the whole clip, most lies \(region.lower == 0 || region.upper.isInfinite ? "" : "at ")\(region)"
        }
        text += "."
        if let against = spansAgainst.first, abs(against.evidence) > first.evidence / 10 {
            text += " Most evidence against it lies between \(against.start.fixed(2)) and \(against.end.fixed(2)) s."
        }
        return text
    }

    private var heading: String {
        let subject = contrast.map { "'\(label)' rather than '\($0)'" } ?? "'\(label)'"
        let what = contrast == nil ? "logit" : "difference of logits"
        return "\(subject) by \(methodText): \(what) \(score.fixed(2)), \(baselineScore.fixed(2)) at the training mean"
    }

    private var methodText: String {
        switch method {
        case .gradientTimesInput: "gradient x input"
        case .integratedGradients: "integrated gradients" + (steps.map { " (\($0) steps)" } ?? "")
        case .occlusion(let seconds, let coefficients):
            "occlusion (\((seconds * 1000).fixed(0)) ms x \(coefficients) "
                + (coefficients == 1 ? "coefficient)" : "coefficients)")
        }
    }

    private var evidence: [String] {
        var lines = [row("for", spansInFavor), row("against", spansAgainst)]
        if let regions = mel?.regions.filter({ $0.evidence != 0 }), !regions.isEmpty {
            lines.append(
                "  frequencies  " + regions.map { "\($0) \(Self.signed($0.evidence))" }.joined(separator: ", "))
        }
        let strongest = groups.prefix(5).filter { $0.evidence != 0 }.map { "\($0.name) \(Self.signed($0.evidence))" }
        if !strongest.isEmpty { lines.append("  coefficients " + strongest.joined(separator: ", ")) }
        lines.append(
            "  together     \(Self.signed(frameTotals.reduce(0, +))), "
                + "\(completenessGap.significant(2)) from the change of the score")
        return lines
    }

    private func row(_ name: String, _ spans: [Span]) -> String {
        let texts = spans.prefix(3).map { "\($0): \(Self.signed($0.evidence)) (\(Self.percent($0.share)))" }
        return "  \(name.rightPadded(to: 13))" + (texts.isEmpty ? "nothing" : texts.joined(separator: "; "))
    }

    private var notes: [String] {
        var notes: [String] = []
        if case .integratedGradients = method, completenessGap > max(0.05 * abs(score - baselineScore), 0.05) {
            notes.append("  The score leaps on the way from the training mean: the parts do not add up to it.")
        }
        if isCut {
            notes.append("  \(cut); the rest has no part in this.")
        }
        return notes
    }

    /// Which part of a longer clip the model reads.
    package var cut: String {
        let heard = prediction.heard
        let part =
            heard.start == 0
            ? "the first \(soundSeconds.fixed(2))" : "\(heard.start.fixed(2)) to \(heard.end.fixed(2))"
        return "The model reads \(part) of \(clipSeconds.fixed(2)) s"
    }

    static func percent(_ share: Double) -> String { "\((share * 100).fixed(0)) %" }

    package static func signed(_ value: Double) -> String { (value > 0 ? "+" : "") + value.fixed(2) }
}
