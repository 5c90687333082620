// SPDX-License-Identifier: Apache-2.0

/// What is taken for a mistake, or an attack. Networks that are built and networks that are read are held to the same
/// bounds: what builds can be saved and read.
package enum LayerLimits {
    /// The largest whole number among a layer's settings, to either side of 0: layers multiply a few of them.
    package static let setting = 1 << 20
    /// The most filters of a convolution, and channels that groups divide.
    package static let channels = 65_536
    /// The most layers of a network.
    package static let layers = 10_000
    /// The most learned numbers of a network, and the most values of one clip that a layer gives.
    package static let values = 1 << 31
    /// The most values of one clip that all layers give together, 1 GiB of them; an axis of time counts as ``steps``.
    package static let valuesTogether = 1 << 28
    /// What an axis of time counts for: a clip of three seconds.
    package static let steps = 128
}
