// Our side of the measures: hawser_load MODE ARGUMENT…, driven by tests/bench/run.
#include "core/epoll_dispatcher.h"
#include "core/heap.h"
#include "tests/bench/joined.h"

#include <QCoreApplication>
#include <map>

int main(int argc, char **argv)
{
    hawser::keepFreedMemory(); // as our programs do
    QCoreApplication::setEventDispatcher(new hawser::EpollDispatcher); // as the daemons do
    const QCoreApplication application(argc, argv);
    using namespace hawser::bench;
    const std::map<QString, int (*)(const QStringList &)> modes {
        { "subscribe", talkSubscriber }, // LINK COUNT
        { "publish", talkPublisher }, // LINK KEY COUNT SIZE
        { "serve", roundTripNode }, // LINK
        { "call", roundTripCaller }, // LINK KEY COUNT
        { "receive", fileReceiver }, // FOLDER
        { "send", fileSender }, // PORT KEY PATH
        { "connect", connectTimes }, // LINK COUNT
        { "idle", idleSessions }, // LINK COUNT
        { "storm", storm }, // LINK COUNT
        { "probe", prober }, // LINK
        { "topic", topicPublisher }, // LINK COUNT SIZE
        { "busy-receive", busyReceiver }, // LINK FOLDER
        { "busy-call", busyCaller }, // LINK KEY PATH
    };
    const QStringList arguments = application.arguments();
    const auto mode = modes.find(arguments.value(1));
    if (mode == modes.end())
        return 64;
    return mode->second(arguments.mid(2));
}
