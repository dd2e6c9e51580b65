#include "chat/transfer_record.h"

#include "chat/entry.h"
#include "core/fields.h"
#include "core/wire.h"

namespace hawser::chat {

namespace {

/// The numbers are those of Transfer's enums.
struct Record {
    quint8 state = 0;
    bool folder = false;
    quint64 files = 0;
    quint64 folders = 0;
    quint64 bytes = 0;
    quint64 tookMs = 0;
    QString sentence;
    QString saveTo;
    static void describe(auto &field)
    {
        field("state", &Record::state, {});
        field("folder", &Record::folder, {});
        field("files", &Record::files, {});
        field("folders", &Record::folders, {});
        field("bytes", &Record::bytes, {});
        field("took_ms", &Record::tookMs, {});
        field("sentence", &Record::sentence, {});
        field("save_to", &Record::saveTo, {});
    }
};

} // namespace

QByteArray recordOf(const Transfer &transfer)
{
    return encodeStruct(Record { quint8(transfer.state), transfer.folder, transfer.files, transfer.folders,
        transfer.bytes, quint64(transfer.took.count()), transfer.sentence, transfer.saveTo });
}

Transfer transferOf(const Entry &entry)
{
    Transfer transfer;
    transfer.id = entry.transfer;
    transfer.peer = entry.with;
    transfer.direction = entry.mine ? Transfer::Direction::Out : Transfer::Direction::In;
    transfer.title = entry.text;
    Record record;
    if (const Result<Record> kept = decodeStruct<Record>(entry.details); kept)
        record = *kept;
    transfer.state = Transfer::State(record.state);
    transfer.folder = record.folder;
    transfer.files = record.files;
    transfer.folders = record.folders;
    transfer.bytes = record.bytes;
    transfer.took = milliseconds(qint64(record.tookMs));
    transfer.sentence = record.sentence;
    transfer.saveTo = record.saveTo;
    if (!transfer.isOver()) {
        transfer.state = Transfer::State::Failed;
        transfer.sentence = QStringLiteral("Hawser ended before it was through");
    }
    return transfer;
}

} // namespace hawser::chat
