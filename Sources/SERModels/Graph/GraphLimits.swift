import SERCore

/// Sizes beyond which no network is meant: a graph from a stranger's file must not make the program reserve, or overflow,
/// anything. They hold for graphs written in code too, so that what can be built can be saved.
extension Graph {
    /// Values of one clip between two layers.
    private static let mostValues = 1 << 31
    /// Numbers that one layer learns or carries.
    private static let mostParameters = 1 << 36

    /// Makes sure that the product of the known lengths is below 2^31.
    static func checkSize(of shape: Shape, path: String, layer: String) throws(ShapeError) {
        guard size(of: shape.dimensions.compactMap(\.length), atMost: mostValues) != nil, shape.rank <= 16 else {
            throw ShapeError(
                path: path, layer: layer, expected: "at most 2^31 values in at most 16 axes", got: "\(shape)",
                hint: "Make the layers smaller.")
        }
    }

    /// Makes sure that a layer's tensors hold fewer than 2^36 numbers.
    static func checkSize(of declarations: [Declaration], path: String, layer: String) throws(ShapeError) {
        var total = 0
        for declaration in declarations {
            total += size(of: declaration.shape, atMost: mostParameters) ?? mostParameters
            guard total < mostParameters else {
                throw ShapeError(
                    path: path, layer: layer, expected: "fewer than 2^36 numbers to learn",
                    got: "'\(declaration.name)' of shape \(declaration.shape)", hint: "Make the layer smaller.")
            }
        }
    }

    /// The product of lengths; nil where it is above `most`.
    private static func size(of lengths: [Int], atMost most: Int) -> Int? {
        var product = 1
        for length in lengths {
            let (next, overflow) = product.multipliedReportingOverflow(by: length)
            guard !overflow, next <= most else { return nil }
            product = next
        }
        return product
    }
}
