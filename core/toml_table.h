#pragma once

#include "core/result.h"

#include <QStringList>
#include <cstdint>
#include <functional>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

namespace hawser {

/// Takes the known keys of one table and says file and line of what is wrong; whatever is left over is an error.
class TomlTable {
public:
    /// \param table  outlives this
    /// \param where  how sentences name its keys: "command "count": "
    TomlTable(const toml::table &table, QString file, QString where = {})
        : m_table(table), m_file(std::move(file)), m_where(std::move(where))
    {
    }

    /// The whole file. \retval InvalidArgument  no TOML
    static Result<toml::table> parse(const QByteArray &text, const QString &file);
    /// What `parse` makes of a file of at most a megabyte. \retval NotFound  there is no such file
    template <typename Config>
    static Result<Config> load(const QString &path, Result<Config> (*parse)(const QByteArray &, const QString &))
    {
        const Result<QByteArray> text = readText(path);
        return text ? parse(*text, path) : Result<Config>(text.error());
    }
    /// The file that was chosen; without one `path` if it is there, else what is good without any file.
    template <typename Config>
    static Result<Config> loadOr(
        const QString &chosen, const QString &path, Result<Config> (*parse)(const QByteArray &, const QString &))
    {
        const QString file = fileOr(chosen, path);
        return file.isEmpty() ? Result<Config>(Config {}) : load(file, parse);
    }

    const QString &file() const { return m_file; }
    Error wrong(const QString &what) const { return wrongAt(m_table.source(), what); }
    Error wrong(const toml::node &node, const QString &what) const { return wrongAt(node.source(), what); }
    /// Null when it is not there.
    const toml::node *take(const char *key);

    // Each leaves `into` alone when the key is not there.
    Result<void> text(const char *key, QString &into, qsizetype most);
    Result<void> flag(const char *key, bool &into);
    Result<void> number(const char *key, qint64 &into, qint64 least, qint64 most);
    Result<void> number(const char *key, int &into, int least, int most);
    /// Any number.
    Result<void> real(const char *key, std::optional<double> &into);
    Result<void> texts(const char *key, QStringList &into);
    /// Each table of an array of tables.
    Result<void> tables(const char *key, const std::function<Result<void>(const toml::table &)> &read);

    /// \retval InvalidArgument  a key that was not asked for
    Result<void> nothingElse() const;

    /// The path that loadOr() reads; empty: none.
    static QString fileOr(const QString &chosen, const QString &path);

private:
    static Result<QByteArray> readText(const QString &path);
    Error wrongAt(const toml::source_region &where, const QString &what) const;

    const toml::table &m_table;
    QString m_file;
    QString m_where;
    QStringList m_known;
};

} // namespace hawser
