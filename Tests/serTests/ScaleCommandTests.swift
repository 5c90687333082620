// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite struct ScaleCommandTests {
    @Test func quickMeasurementOfOneNetworkIsWritten() async throws {
        try await withFolder { folder in
            let output = folder.appendingPathComponent("scaling")
            let run = try await Command.run(["scale", "--models", "rnn", "--quick", "--output", output.path, "--json"])
            #expect(run.code == 0, "\(run.errors)")
            let results = try object(run.output)
            #expect(
                results["isComplete"] as? Bool == true
                    && (results["header"] as? [String: Any])?["kind"] as? String == "scaling")
            let series = try #require(results["series"] as? [[String: Any]])
            let kinds = Set(
                series.compactMap { one -> String? in
                    "\(one["quantity"] as? String ?? "") \(one["subject"] as? String ?? "")"
                })
            for kind in [
                "epochSeconds clips", "stepSeconds width", "stepSeconds frames", "clipsPerSecond threads",
                "clipsPerSecond batch",
            ] {
                #expect(kinds.contains(kind), "\(kind)")
            }
            for one in series {
                let points = one["points"] as? [[String: Any]] ?? []
                #expect(points.count >= 2 && points.allSatisfy { ($0["y"] as? Double ?? 0) > 0 })
                #expect(points.allSatisfy { ($0["repeats"] as? Int ?? 0) >= 2 })
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: output.path)
            for name in ["scaling.json", "scaling.csv", "report.html", "figures"] {
                #expect(names.contains(name), "\(name)")
            }
        }
    }

    @Test func ctrlCKeepsWhatWasMeasured() async throws {
        try await withFolder { folder in
            let output = folder.appendingPathComponent("scaling")
            let run = try await Command.run(
                ["scale", "--models", "gru", "--output", output.path, "--json"], interruptAfter: "measuring")
            #expect(run.code == 130 && run.errors.contains("Stopped; what was measured is in"), "\(run.errors)")
            let kept = try object(
                String(decoding: Data(contentsOf: output.appendingPathComponent("scaling.json")), as: UTF8.self))
            #expect(kept["isComplete"] as? Bool == false)
            #expect((kept["series"] as? [[String: Any]])?.isEmpty == false)
        }
    }
}
