/// What the tensors of a checkpoint are called that a model file does not have.
enum CheckpointKey {
    /// In front of all of them.
    static let prefix = "checkpoint:"
}
