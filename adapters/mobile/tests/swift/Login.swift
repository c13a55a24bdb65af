// Logs in with the Swift bindings and the classes of the README for iOS, against a mock server whose URL is the argument. Prints the
// authorization URL, and reads the callback from the standard input.

import Foundation

@main struct Login {
    static func main() async throws {
        let locks = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: locks, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: locks) }
        let configuration = Configuration(
            clientId: "client_01K1TESTC11ENT000000000000", redirectUri: "com.example.app:/callback",
            lockDirectory: locks.path, baseUrl: CommandLine.arguments[1])
        let start = { try MobileApp(configuration: configuration, http: Http(), storage: Keychain()) }

        print(try await start().begin())
        fflush(stdout)
        let callback = readLine()!

        // A restart.
        let app = try start()
        let other = try await app.finish(callback: "com.example.app:/callback?code=a&state=b")
        precondition(other == nil)
        let token = try await app.finish(callback: callback)!
        log("logged in: \(token.session().user?.email ?? "")")

        keychainIsLocked = true
        do {
            _ = try await app.refresh()
            preconditionFailure("a refresh without the Keychain")
        } catch MobileError.StorageLocked(let text) {
            log("locked: \(text)")
        }
        keychainIsLocked = false
        let refreshed = try await app.refresh()
        precondition(refreshed.authorization() != token.authorization())

        let url = try await app.logOut()
        log("log out: \(url?.prefix { $0 != "?" } ?? "")")
        precondition(keychain.isEmpty)
    }

    static func log(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}
