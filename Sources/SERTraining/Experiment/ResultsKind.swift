// SPDX-License-Identifier: Apache-2.0

/// What kind of results a file holds, as its `kind` says.
public enum ResultsKind: String, Codable, Sendable, CaseIterable {
    /// Several networks trained and tested on the same parts: ``ComparisonResults``.
    case comparison
    /// Networks trained and tested fold by fold: ``CrossValidationResults``.
    case crossvalidation
    /// A saved model tested on a corpus: ``EvaluationResults``.
    case evaluation
    /// How time, memory and throughput grow: `ScalingResults`.
    case scaling
}
