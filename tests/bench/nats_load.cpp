// The peer of talk: the same work through nats-server with TLS, with its own C library, each role a process of its own.
// nats_load subscribe URL CA COUNT | publish URL CA COUNT SIZE | serve URL CA | call URL CA COUNT
//           jetstream URL CA STORED COUNT SIZE PENDING
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <mutex>
#include <nats/nats.h>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
long got = 0;
long wanted = 0;
Clock::time_point began;

natsConnection *connected(const char *url, const char *ca, bool asSoonAsPossible)
{
    natsOptions *options = nullptr;
    natsConnection *connection = nullptr;
    natsOptions_Create(&options);
    natsOptions_SetURL(options, url);
    natsOptions_SetSecure(options, true);
    natsOptions_LoadCATrustedCertificates(options, ca);
    natsOptions_SkipServerVerification(options, true);
    natsOptions_SetSendAsap(options, asSoonAsPossible);
    const natsStatus status = natsConnection_Connect(&connection, options);
    if (status != NATS_OK) {
        std::fprintf(stderr, "nats: %s\n", natsStatus_GetText(status));
        std::exit(1);
    }
    return connection;
}

void say(const char *word)
{
    std::puts(word);
    std::fflush(stdout);
}

void onMessage(natsConnection *, natsSubscription *, natsMsg *message, void *)
{
    natsMsg_Destroy(message);
    if (got++ == 0)
        began = Clock::now();
    if (got < wanted)
        return;
    std::printf("rate %.0f\n", double(got) / std::chrono::duration<double>(Clock::now() - began).count());
    std::fflush(stdout);
    std::_Exit(0);
}

void onRequest(natsConnection *connection, natsSubscription *, natsMsg *message, void *)
{
    natsConnection_Publish(
        connection, natsMsg_GetReply(message), natsMsg_GetData(message), natsMsg_GetDataLength(message));
    natsMsg_Destroy(message);
}

int call(natsConnection *connection, size_t count)
{
    const std::string text(100, 'x');
    std::vector<double> times;
    while (times.size() < count) {
        natsMsg *reply = nullptr;
        const Clock::time_point start = Clock::now();
        if (natsConnection_Request(&reply, connection, "call", text.data(), int(text.size()), 2000) != NATS_OK)
            return 1;
        times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
        natsMsg_Destroy(reply);
    }
    std::sort(times.begin(), times.end());
    std::printf("p50 %.1f\np99 %.1f\n", times[times.size() / 2], times[times.size() * 99 / 100]);
    return 0;
}

void check(natsStatus status, const char *what)
{
    if (status == NATS_OK)
        return;
    std::fprintf(stderr, "%s: %s\n", what, natsStatus_GetText(status));
    std::exit(1);
}

void publishAll(jsCtx *stream, long count, const std::string &text)
{
    for (long i = 0; i < count; ++i)
        check(js_PublishAsync(stream, "mail.a", text.data(), int(text.size()), nullptr), "publish");
    jsPubOptions options;
    jsPubOptions_Init(&options);
    options.MaxWait = 120000;
    check(js_PublishAsyncComplete(stream, &options), "complete");
}

/// A stream on file, published to asynchronously; first `stored` messages, then `count` that are timed.
int jetStream(natsConnection *connection, long stored, long count, size_t size, long pending)
{
    jsOptions options;
    jsOptions_Init(&options);
    options.PublishAsync.MaxPending = pending;
    jsCtx *stream = nullptr;
    check(natsConnection_JetStream(&stream, connection, &options), "JetStream");
    jsStreamConfig config;
    jsStreamConfig_Init(&config);
    const char *subjects[] = { "mail.*" };
    config.Name = "LOAD";
    config.Subjects = subjects;
    config.SubjectsLen = 1;
    config.Storage = js_FileStorage;
    check(js_AddStream(nullptr, stream, &config, nullptr, nullptr), "stream");
    const std::string text(size, 'm');
    publishAll(stream, stored, text);
    const Clock::time_point start = Clock::now();
    publishAll(stream, count, text);
    std::printf("rate %.0f\n", double(count) / std::chrono::duration<double>(Clock::now() - start).count());
    return 0;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc < 4)
        return 64;
    const std::string mode = argv[1];
    natsSubscription *subscription = nullptr;
    natsConnection *connection = connected(argv[2], argv[3], mode == "serve" || mode == "call");
    if (mode == "subscribe") {
        wanted = std::atol(argv[4]);
        natsConnection_Subscribe(&subscription, connection, "load", onMessage, nullptr);
        natsSubscription_SetPendingLimits(subscription, -1, -1);
        natsConnection_Flush(connection);
        say("ready");
        pause();
    } else if (mode == "publish") {
        std::string text(size_t(std::atol(argv[5])), 'm');
        for (unsigned long i = 0, count = std::strtoul(argv[4], nullptr, 10); i < count; ++i) {
            const unsigned long number = __builtin_bswap64(i);
            std::memcpy(text.data(), &number, sizeof number);
            natsConnection_Publish(connection, "load", text.data(), int(text.size()));
        }
        natsConnection_Flush(connection);
    } else if (mode == "serve") {
        natsConnection_Subscribe(&subscription, connection, "call", onRequest, nullptr);
        natsConnection_Flush(connection);
        say("ready");
        pause();
    } else if (mode == "call") {
        return call(connection, size_t(std::atol(argv[4])));
    } else if (mode == "jetstream" && argc == 8) {
        return jetStream(
            connection, std::atol(argv[4]), std::atol(argv[5]), size_t(std::atol(argv[6])), std::atol(argv[7]));
    }
    return 0;
}
