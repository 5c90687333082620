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

    /// Makes sure that no setting of a layer of the library is beyond ``setting``. Layers of a user's own answer for
    /// theirs, which may be seeds or the like.
    package static func check(_ layer: any Layer) throws(ShapeError) {
        let kind = type(of: layer).kind
        guard isOfTheLibrary(layer), let (name, number) = excess(in: layer, named: kind) else { return }
        throw ShapeError(
            layer: kind, expected: "whole numbers from \(-setting) to \(setting) as its settings",
            got: "\(name) \(number)", hint: "Let the layer be smaller.")
    }

    private static func isOfTheLibrary(_ layer: any Layer) -> Bool {
        LayerRegistry.standard[type(of: layer).kind].map { $0 == type(of: layer) } ?? false
    }

    /// The first whole number among the stored properties of a value that is beyond the bound, with its name.
    private static func excess(in value: Any, named name: String) -> (name: String, number: Int)? {
        if let number = value as? Int {
            return (-setting...setting).contains(number) ? nil : (name, number)
        }
        // A layer inside is checked by itself: it may be a user's own.
        if let nested = value as? NestedLayer {
            return isOfTheLibrary(nested.layer) ? excess(in: nested.layer, named: name) : nil
        }
        let mirror = Mirror(reflecting: value)
        for child in mirror.children {
            // Elements of lists and values of cases go by the name of what holds them.
            let label = mirror.displayStyle == .struct ? child.label : nil
            if let found = excess(in: child.value, named: label ?? name) { return found }
        }
        return nil
    }
}
