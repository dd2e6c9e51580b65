#include "core/store/store_trouble.h"

#include "core/log.h"

namespace hawser {

namespace {

constexpr int pausesWhenDamaged = 30;

} // namespace

StoreTrouble::StoreTrouble(StoreThread &store, const char *event, QObject *parent)
    : QObject(parent), m_store(store), m_event(event)
{
    m_again.setSingleShot(true);
    m_again.callOnTimeout(this, &StoreTrouble::tryToWrite);
}

void StoreTrouble::failed(const Error &why)
{
    ++m_failures;
    if (!m_why || m_why->code != why.code)
        log(Level::Error, m_event, { { "why", why.sentence } });
    const bool isNew = !std::exchange(m_why, why);
    if (isNew)
        waitAndTry();
}

void StoreTrouble::worked()
{
    m_why.reset();
    log(Level::Notice, m_event, { { "works", QStringLiteral("again") } });
    emit over();
}

void StoreTrouble::waitAndTry()
{
    m_again.start(m_why->code == Code::DataLoss ? m_pause * pausesWhenDamaged : m_pause);
}

void StoreTrouble::tryToWrite()
{
    m_store.write(
        this, [](Database &database) { return database.touch(); },
        [this](const Result<void> &touched) {
            if (touched)
                return worked();
            m_why = touched.error();
            waitAndTry();
        });
}

} // namespace hawser
