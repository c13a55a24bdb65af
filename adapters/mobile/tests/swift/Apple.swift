// Declarations of Apple's frameworks that the example of the README uses, for other systems. The Keychain is a dictionary.

import Foundation

typealias OSStatus = Int32
typealias CFString = String
typealias CFDictionary = [CFString: Any]
typealias CFTypeRef = AnyObject

let errSecSuccess: OSStatus = 0
let errSecItemNotFound: OSStatus = -25300
let errSecInteractionNotAllowed: OSStatus = -25308

let kSecAttrAccessible = "accessible"
let kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly = "after first unlock"
let kSecAttrAccount = "account"
let kSecAttrService = "service"
let kSecClass = "class"
let kSecClassGenericPassword = "generic password"
let kSecReturnData = "return data"
let kSecValueData = "data"

var keychain: [String: Data] = [:]
var keychainIsLocked = false

private func withItem(_ query: CFDictionary, _ work: (String, Data) -> Void) -> OSStatus {
    if keychainIsLocked { return errSecInteractionNotAllowed }
    let account = query[kSecAttrAccount] as! String
    guard let item = keychain[account] else { return errSecItemNotFound }
    work(account, item)
    return errSecSuccess
}

func SecItemCopyMatching(_ query: CFDictionary, _ result: UnsafeMutablePointer<CFTypeRef?>?) -> OSStatus {
    withItem(query) { _, item in result?.pointee = item as NSData }
}

func SecItemUpdate(_ query: CFDictionary, _ attributes: CFDictionary) -> OSStatus {
    withItem(query) { account, _ in keychain[account] = attributes[kSecValueData] as? Data }
}

func SecItemAdd(_ attributes: CFDictionary, _ result: UnsafeMutablePointer<CFTypeRef?>?) -> OSStatus {
    if keychainIsLocked { return errSecInteractionNotAllowed }
    keychain[attributes[kSecAttrAccount] as! String] = attributes[kSecValueData] as? Data
    return errSecSuccess
}

func SecItemDelete(_ query: CFDictionary) -> OSStatus {
    withItem(query) { account, _ in keychain[account] = nil }
}

protocol ASWebAuthenticationPresentationContextProviding: AnyObject {}

final class ASWebAuthenticationSession {
    weak var presentationContextProvider: ASWebAuthenticationPresentationContextProviding?

    init(url: URL, callbackURLScheme: String?, completionHandler: @escaping (URL?, Error?) -> Void) {}

    @discardableResult func start() -> Bool { false }
}
