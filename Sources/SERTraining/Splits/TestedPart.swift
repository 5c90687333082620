// SPDX-License-Identifier: Apache-2.0

import SERSupport

/// Which fold of a protocol one is: what its seed comes of. Its sentence is made of the same values, for readers alone.
enum TestedPart: Sendable, Hashable {
    /// One of several that only their order tells apart, counted from 0.
    case numbered(Int, of: Int)
    /// All clips of a speaker or a sentence; the corpora tell whether its name needs its corpus.
    case group(Grouping, GroupIdentity, among: Set<String>)
    /// What one group of speakers says of one group of sentences, both counted from 0.
    case pair(speakers: Int, ofSpeakers: Int, sentences: Int, ofSentences: Int)
    /// A whole corpus.
    case corpus(String, trainedOn: String)

    /// The key that everything else of the fold is dealt by, of the key of all folds.
    ///
    /// A speaker's or a sentence's key depends on its own name, not on who else is there; nor on its corpus's name, which
    /// may be that of a folder, unless there are several.
    func key(of folds: RandomKey) -> RandomKey {
        switch self {
        case .numbered(let index, _): return folds.derived("numbered").derived(index)
        case .group(let grouping, let group, let corpora):
            let key = folds.derived("group").derived(grouping.rawValue).derived(group.name)
            return corpora.count > 1 ? key.derived(group.corpus) : key
        case .pair(let speakers, _, let sentences, _):
            return folds.derived("pair").derived(speakers).derived(sentences)
        case .corpus(let test, let train): return folds.derived("corpora").derived(train).derived(test)
        }
    }

    /// The fold in words, such as `fold 1 of 5, stratified`.
    /// - Parameter method: The protocol's method.
    func sentence(_ method: Folds.Method) -> String {
        switch self {
        case .numbered(let index, let count): "fold \(index + 1) of \(count), \(method.manner)"
        case .group(let grouping, let group, let corpora):
            "tested on \(grouping.rawValue) \(group.name(among: corpora)), trained on the others"
        case .pair(let speakers, let ofSpeakers, let sentences, let ofSentences):
            "speaker group \(speakers + 1) of \(ofSpeakers), sentence group \(sentences + 1) of \(ofSentences)"
        case .corpus(let test, let train): "trained on \(train), tested on \(test)"
        }
    }
}
