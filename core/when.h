#pragma once

#include <QFutureWatcher>
#include <type_traits>

namespace hawser {

/// Calls `callback(result)` in context's thread once the future has finished; never when the context is gone by then, nor
/// when the future was cancelled without a result. Use it instead of QFuture::then(context, …), which asserts in Qt 6.4.
template <typename T, typename Callback>
void when(const QFuture<T> &future, QObject *context, Callback callback)
{
    auto watch = [future, context, callback = std::move(callback)]() mutable {
        auto *watcher = new QFutureWatcher<T>(context);
        auto finished = [watcher, callback = std::move(callback)]() mutable {
            watcher->deleteLater();
            if constexpr (std::is_void_v<T>) {
                if (!watcher->isCanceled())
                    callback();
            } else if (watcher->future().resultCount() > 0) {
                callback(watcher->result());
            }
        };
        QObject::connect(watcher, &QFutureWatcherBase::finished, context, std::move(finished));
        watcher->setFuture(future);
    };
    QMetaObject::invokeMethod(context, std::move(watch)); // a watcher is made in the thread it lives in
}

} // namespace hawser
