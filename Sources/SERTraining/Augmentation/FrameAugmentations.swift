// SPDX-License-Identifier: Apache-2.0

import SERAudio

/// Speech that is faster or slower: frames are left out or doubled, the nearest in time each. (Interpolated frames would
/// be smoother than any that is heard later.)
public struct TimeStretch: Augmentation {
    public static let kind = "timeStretch"

    /// The greatest factor of the length; the least is 1 divided by it.
    public var most: Double

    /// A stretch by a factor from 1 / `most` to `most`.
    public init(upTo most: Double = 1.1) { self.most = most }

    public func validate(for features: any FeatureExtractor) throws(AugmentationError) {
        try Self.check(most, 1...4, "factor")
    }

    public func apply(to clip: inout AugmentedClip) {
        let factor = clip.drawFactor(upTo: most), frames = clip.features.frames
        guard frames > 1 else { return }
        let count = max(1, Int((Double(frames) * factor).rounded()))
        clip.takeFrames(count) { min(frames - 1, Int((Double($0) + 0.5) / factor)) }
    }
}

/// Clips of one length: of longer ones a part that is drawn, shorter ones from their beginning again and again.
public struct Crop: Augmentation {
    public static let kind = "crop"

    /// How many frames each clip has.
    public var frames: Int

    /// A crop to so many frames.
    public init(frames: Int) { self.frames = frames }

    public func validate(for features: any FeatureExtractor) throws(AugmentationError) {
        try Self.check(Double(frames), 1...1_000_000, "frames")
    }

    public func apply(to clip: inout AugmentedClip) {
        let present = clip.features.frames
        guard present > 0, present != frames else { return }
        let start = present > frames ? clip.draw(below: present - frames + 1) : 0
        clip.takeFrames(frames) { (start + $0) % present }
    }

    public func frames(after frames: Int) -> Int { self.frames }
}

/// Spans of time in which every feature is its mean over the clip: SpecAugment's time masks (Park et al., 2019).
public struct TimeMasks: Augmentation {
    public static let kind = "timeMasks"

    /// How many spans there are, and how many frames the longest may have.
    public var count, longest: Int

    /// So many spans, each of 0 to `longest` frames.
    public init(_ count: Int = 2, upTo longest: Int = 20) {
        self.count = count
        self.longest = longest
    }

    public func validate(for features: any FeatureExtractor) throws(AugmentationError) {
        try Self.check(Double(count), 0...100, "count")
        try Self.check(Double(longest), 0...100_000, "longest")
    }

    public func apply(to clip: inout AugmentedClip) {
        let means = clip.means, frames = clip.features.frames, columns = clip.features.coefficients
        for _ in 0..<count {
            let span = clip.draw(below: min(longest, frames) + 1)
            let start = clip.draw(below: frames - span + 1)
            for frame in start..<start + span {
                clip.features.values.replaceSubrange(frame * columns..<(frame + 1) * columns, with: means)
            }
        }
    }
}

/// Neighbouring columns that keep their mean over the whole clip: SpecAugment's frequency masks (Park et al., 2019).
public struct FrequencyMasks: Augmentation {
    public static let kind = "frequencyMasks"

    /// How many groups there are, and how many columns the widest may have.
    public var count, widest: Int

    /// So many groups, each of 0 to `widest` columns.
    public init(_ count: Int = 2, upTo widest: Int = 8) {
        self.count = count
        self.widest = widest
    }

    public func validate(for features: any FeatureExtractor) throws(AugmentationError) {
        try Self.check(Double(count), 0...100, "count")
        guard widest <= features.coefficients else {
            throw AugmentationError(
                kind: Self.kind,
                reason:
                    "it masks up to \(widest) columns, and the features have \(features.coefficients); take features of "
                    + "more columns (--coefficients \(widest)), or leave it out (--augmentation none)")
        }
        try Self.check(Double(widest), 0...Double(widest), "widest")
    }

    public func apply(to clip: inout AugmentedClip) {
        let means = clip.means, columns = clip.features.coefficients, frames = clip.features.frames
        for _ in 0..<count {
            let width = clip.draw(below: min(widest, columns) + 1)
            let start = clip.draw(below: columns - width + 1)
            clip.features.values.withUnsafeMutableBufferPointer { values in
                for frame in 0..<frames {
                    for column in start..<start + width { values[frame * columns + column] = means[column] }
                }
            }
        }
    }
}
