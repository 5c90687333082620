// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SERModels

/// Networks separated by commas: `cnn,lstm`.
struct ArchitectureList: ExpressibleByArgument {
    var architectures: [Architecture]

    init?(argument: String) {
        let parsed = argument.split(separator: ",", omittingEmptySubsequences: false).map { word in
            Architecture(rawValue: word.trimmingCharacters(in: .whitespaces))
        }
        architectures = parsed.compactMap { $0 }
        guard !parsed.isEmpty, architectures.count == parsed.count, Set(parsed).count == parsed.count else {
            return nil
        }
    }

    init(_ architectures: [Architecture]) { self.architectures = architectures }

    var defaultValueDescription: String { architectures.map(\.rawValue).joined(separator: ",") }
}
