// Logs in with the Kotlin bindings on the JVM, against a mock server whose URL is the argument.

import java.net.URI
import java.net.http.HttpClient as JavaClient
import java.net.http.HttpRequest as JavaRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse.BodyHandlers
import java.nio.file.Files
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import uniffi.workos_login_mobile.*

val client: JavaClient = JavaClient.newHttpClient() // follows no redirect

fun request(url: String) = JavaRequest.newBuilder(URI(url))

class Http : HttpClient {
    var sent = 0
    var lost = false

    override suspend fun execute(request: HttpRequest): HttpResponse = withContext(Dispatchers.IO) {
        sent += 1
        val builder = request(request.url()).timeout(request.timeout())
        request.headers().forEach { builder.header(it.name, it.value) }
        val response = try {
            client.send(builder.method(request.method(), BodyPublishers.ofByteArray(request.body())).build(), BodyHandlers.ofByteArray())
        } catch (error: java.io.IOException) {
            throw HttpException.Failed(error.toString())
        }
        if (lost) throw HttpException.Failed("the connection was lost")
        val headers = response.headers().map().flatMap { (name, values) -> values.map { Header(name, it) } }
        HttpResponse(response.statusCode().toUShort(), headers, response.body())
    }
}

class MemoryStorage : Storage {
    val values = HashMap<String, ByteArray>()
    var locked = false

    private fun unlocked() = if (locked) throw StorageException.Locked() else values

    @Synchronized override fun load(key: String) = unlocked()[key]
    @Synchronized override fun save(key: String, value: ByteArray) { unlocked()[key] = value }
    @Synchronized override fun remove(key: String) { unlocked().remove(key) }
}

fun main(arguments: Array<String>) = runBlocking {
    val http = Http()
    val storage = MemoryStorage()
    val locks = Files.createTempDirectory("locks")
    val configuration = Configuration(
        "client_01K1TESTC11ENT000000000000", "com.example.app:/callback", locks.toString(), arguments[0])

    val url = MobileApp(configuration, http, storage).begin()
    val callback = client.send(request(url).build(), BodyHandlers.discarding()).headers().firstValue("location").get()

    // A restart.
    val app = MobileApp(configuration, http, storage)
    check(app.finish("com.example.app:/callback?code=a&state=b") == null)
    val token = checkNotNull(app.finish(callback))
    check(!token.toString().contains(token.authorization().substring(7)))
    println("logged in: ${token.session().user?.email}, for ${token.expiresIn()}")

    val sent = http.sent
    List(20) { async(Dispatchers.IO) { app.refresh() } }.awaitAll()
    check(http.sent > sent)

    http.lost = true
    try {
        app.refresh()
        error("a refresh without a response")
    } catch (error: MobileException.Unavailable) {
        println("unavailable: ${error.text}")
        delay(error.retryIn.toMillis() + 1)
    }
    http.lost = false
    storage.locked = true
    try {
        app.refresh()
        error("a refresh without the storage")
    } catch (error: MobileException.StorageLocked) {
        println("locked: ${error.text}")
    }
    storage.locked = false
    app.refresh()

    println("log out: ${app.logOut()?.substringBefore('?')}")
    check(app.session() == null && storage.values.isEmpty())
    locks.toFile().deleteRecursively()
    Unit
}
