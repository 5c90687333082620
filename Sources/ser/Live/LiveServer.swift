// SPDX-License-Identifier: Apache-2.0

import FlyingFox
import FlyingSocks
import Foundation
import SERReports

/// Serves a page on the loopback address: nobody on another machine can ask for it.
struct LiveServer {
    /// Where the page is.
    let address: String

    private static let usualPort: UInt16 = 8035
    private static let tries: UInt16 = 10

    /// A server that answers with the page as it is when asked.
    /// - Parameters:
    ///   - port: The port, 0 for any that is free; nil takes 8035, or the next that is free.
    /// - Throws: ``Failure`` where the port is in use.
    init(port: UInt16?, page: LiveReport) throws {
        var failure = "nothing answers"
        let ports = port.map { [$0] } ?? Array(Self.usualPort..<Self.usualPort + Self.tries) + [0]
        for port in ports {
            switch try Self.started(port, page) {
            case .success(let number):
                address = "http://127.0.0.1:\(number)/"
                return
            case .failure(let error): failure = error.reason
            }
        }
        throw Failure(port: ports[0], reason: failure)
    }

    /// Why the page cannot be served.
    struct Failure: Error, CustomStringConvertible, LocalizedError {
        let port: UInt16
        let reason: String

        var description: String {
            "The live view cannot be served on port \(port) (\(reason)). Name another by --port, or leave it out for one "
                + "that is free."
        }

        var errorDescription: String? { description }
    }

    private struct Refusal: Error {
        var reason: String
    }

    /// Starts to listen, and says on which port.
    private static func started(_ port: UInt16, _ page: LiveReport) throws -> Result<UInt16, Refusal> {
        let server = HTTPServer(
            address: try sockaddr_in.inet(ip4: "127.0.0.1", port: port), logger: .disabled, handler: Handler(page: page)
        )
        let outcome = Outcome()
        Task.detached {
            do { try await server.run() } catch { outcome.set(.failure(Refusal(reason: reason(error)))) }
        }
        Task.detached {
            do {
                try await server.waitUntilListening(timeout: 3)
                if case .ip4(_, let number) = await server.listeningAddress { outcome.set(.success(number)) }
            } catch {
                // What run() says is the reason.
                outcome.set(.failure(Refusal(reason: "nothing answers")), ifNothingAfter: 0.5)
            }
        }
        return outcome.wait()
    }

    private static func reason(_ error: any Error) -> String {
        if case SocketError.failed(_, let code, let message) = error {
            return code == EADDRINUSE ? "it is in use" : message
        }
        return "\(error)"
    }

    /// What a start came to: the first that is told counts.
    private final class Outcome: @unchecked Sendable {
        private let lock = NSLock()
        private let told = DispatchSemaphore(value: 0)
        private var result: Result<UInt16, Refusal>?

        func set(_ result: Result<UInt16, Refusal>, ifNothingAfter seconds: Double = 0) {
            if seconds > 0 {
                DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { self.set(result) }
                return
            }
            lock.withLock {
                guard self.result == nil else { return }
                self.result = result
                told.signal()
            }
        }

        func wait() -> Result<UInt16, Refusal> {
            told.wait()
            return lock.withLock { result } ?? .failure(Refusal(reason: "nothing answers"))
        }
    }

    private struct Handler: HTTPHandler {
        let page: LiveReport

        func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
            // A page elsewhere whose name leads to this machine is not to read what is served here.
            let host = request.headers[.host]?.split(separator: ":").first.map(String.init)
            guard host == "127.0.0.1" || host == "localhost" else { return HTTPResponse(statusCode: .forbidden) }
            guard request.method == .GET || request.method == .HEAD else {
                return HTTPResponse(statusCode: .methodNotAllowed)
            }
            guard request.path == "/" else { return HTTPResponse(statusCode: .notFound) }
            return HTTPResponse(
                statusCode: .ok,
                headers: [
                    .contentType: "text/html; charset=utf-8", .cacheControl: "no-store",
                    HTTPHeader("Content-Security-Policy"):
                        "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
                ], body: Data(page.answer().utf8))
        }
    }
}
