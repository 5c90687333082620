// SPDX-License-Identifier: Apache-2.0

/// As many samples as the signal has of its convolution with a response, from sample `offset` of the whole on.
///
/// Blocks go through FFTW and overlap (overlap-add; Oppenheim and Schafer), so that the memory needed depends on the
/// response alone.
func convolved(_ signal: [Float], with response: [Float], from offset: Int) -> [Float] {
    var result = [Float](repeating: 0, count: signal.count)
    guard !signal.isEmpty, !response.isEmpty else { return result }
    let length = powerOfTwo(atLeast: max(4096, 2 * response.count))
    let block = length - response.count + 1
    guard let transform = RealTransform.of(length: length), let filter = transform.workspace(),
        let space = transform.workspace()
    else { return result }
    for (index, value) in response.enumerated() { filter.samples[index] = value / Float(length) }
    transform.forward(filter)
    var start = 0
    while start < signal.count {
        let count = min(block, signal.count - start)
        for index in 0..<length { space.samples[index] = index < count ? signal[start + index] : 0 }
        transform.forward(space)
        for bin in 0..<transform.bins {
            let (a, b) = (space.bins[2 * bin], space.bins[2 * bin + 1])
            let (c, d) = (filter.bins[2 * bin], filter.bins[2 * bin + 1])
            space.bins[2 * bin] = a * c - b * d
            space.bins[2 * bin + 1] = a * d + b * c
        }
        transform.backward(space)
        let first = max(0, offset - start), last = min(count + response.count - 1, signal.count + offset - start)
        for index in stride(from: first, to: last, by: 1) { result[start + index - offset] += space.samples[index] }
        start += count
    }
    return result
}
