#pragma once

#include <QObject>
#include <memory>

namespace hawser {

/// For what may die inside its own signal: it falls silent at once and is deleted by the event loop.
struct DeleteLater {
    void operator()(QObject *object) const
    {
        object->disconnect();
        object->deleteLater();
    }
};
template <typename T>
using LaterPointer = std::unique_ptr<T, DeleteLater>;

} // namespace hawser
