// SPDX-License-Identifier: Apache-2.0

import Foundation
import SERSupport
import SERTraining

extension ReportSubject {
    /// What the parts hold and share.
    func auditSection() -> ReportPage.Section? {
        guard kind != .evaluation else { return trainedOnSection }
        guard !cuts.isEmpty else { return nil }
        let rows = cuts.enumerated().flatMap { index, cut in
            cut.audit.overlaps.map { overlap in
                [
                    cuts.count > 1 ? "\(index + 1): \(overlap.pair)" : overlap.pair,
                    cut.shared(overlap.speakers, by: .speaker), cut.shared(overlap.sentences, by: .sentence),
                    "\(overlap.identicalAudio.count)",
                    overlap.nearlyIdenticalAudio.map { "\($0.count)" } ?? "not searched",
                ]
            }
        }
        let sizes =
            cuts.count == 1
            ? "\(counted(cuts[0].train, "clip")) to train, \(cuts[0].validation) to choose the epoch, \(cuts[0].test) to test."
            : ""
        var pieces: [ReportPage.Piece] = [
            .paragraph(
                "\(verdict) \(sizes)"),
            .table(
                ReportPage.Table(
                    "What each two parts have in common.", cuts.count > 1 ? "fold: parts" : "parts",
                    ["speakers", "sentences", "identical audio", "nearly identical audio"], rows: rows)),
        ]
        let shared = Self.sorted(cuts.flatMap { $0.audit.tested?.speakers ?? [] })
        if !shared.isEmpty {
            pieces.append(
                .details("Speakers heard in training and test (\(shared.count))", [.paragraph(Self.listed(shared))]))
        }
        let copies = cuts.flatMap { $0.audit.overlaps.flatMap(\.sharedSound) }
        if !copies.isEmpty {
            let lines = Set(copies.map { $0.prefix(2).joined(separator: "  =  ") }).sorted()
            pieces.append(
                .details(
                    "Recordings that are the same sound (\(lines.count))",
                    [.list(Array(lines.prefix(50)) + (lines.count > 50 ? ["and \(lines.count - 50) more"] : []))]))
        }
        if !skipped.isEmpty {
            pieces.append(.details("Clips left out (\(skipped.count))", [.list(Array(skipped.prefix(100)))]))
        }
        return .init("What the parts share", pieces)
    }

    private var verdict: String {
        let shared = Set(cuts.flatMap { $0.audit.tested?.speakers ?? [] }).count
        let copies = cuts.reduce(0) { sum, cut in
            sum + cut.audit.overlaps.reduce(0) { $0 + $1.sharedSound.count }
        }
        let voices =
            TestedClip.speakers(of: clips) == nil
            ? "Who speaks is not known for all clips, so nobody can tell whether voices are shared."
            : shared == 0
                ? "No speaker of a test part was heard in its training."
                : "\(counted(shared, "speaker is", plural: "speakers are")) heard in training and in test."
        let sound =
            copies == 0
            ? "No recording occurs in two parts" + (isSearched ? ", nor does the same sound in another file." : ".")
            : "\(counted(copies, "pair")) of recordings with the same sound \(copies == 1 ? "stands" : "stand") in different parts."
        return "\(voices) \(sound)"
    }

    private var trainedOnSection: ReportPage.Section? {
        let told = ["corpus", "data", "split", "clips", "audit"]
        var items = facts.filter { $0.source == .modelFile && told.contains($0.name) }
            .map { fact in (fact.owner.map { "\($0): " } ?? "") + "\(fact.name): \(fact.value)" }
        if items.isEmpty { items = ["The model's file does not say what it was trained on."] }
        var pieces: [ReportPage.Piece] = [
            .paragraph("Every clip of the corpus was tested. What the model was trained on, as its file says:"),
            .list(items),
        ]
        if !skipped.isEmpty {
            pieces.append(.details("Clips left out (\(skipped.count))", [.list(Array(skipped.prefix(100)))]))
        }
        return .init("What the model was trained on", pieces)
    }

    private static func sorted(_ names: [String]) -> [String] {
        Set(names).sorted { $0.compare($1, options: .numeric) == .orderedAscending }
    }

    private static func listed(_ names: [String]) -> String {
        names.prefix(100).joined(separator: ", ") + (names.count > 100 ? " and \(names.count - 100) more" : "")
    }
}

extension SplitAudit.Overlap {
    /// All pairs that share sound.
    fileprivate var sharedSound: [[String]] {
        identicalAudio + (overlappingSegments ?? []) + (nearlyIdenticalAudio ?? [])
    }

    fileprivate var pair: String { "\(first.rawValue) and \(second.rawValue)" }
}
