#include "libvirt/domain-xml.h"

#include "base/buf.h"
#include "base/utf8.h"

#include <expat.h>

#define DEPTH_MAX 4 /* of what is looked at */
#define TEXT_MAX  4096

typedef struct Parser {
        XML_Parser expat;
        Arena *arena;
        DomainXml domain;
        DomainChannel **last; /* where the next channel goes */
        DomainChannel *channel;
        const char *path[DEPTH_MAX]; /* of the names of what is open; only as deep as we look */
        size_t depth;
        Buf text;
        int r;
} Parser;

typedef struct Row {
        const char *path;      /* below <domain> */
        const char *attribute; /* NULL: the text */
        size_t offset;         /* of a const char * */
} Row;

static const Row domain_rows[] = {
        {"currentMemory", NULL, offsetof(DomainXml, memory_kib)},
        {"devices/vsock/cid", "address", offsetof(DomainXml, vsock_cid)},
        {"name", NULL, offsetof(DomainXml, name)},
        {"uuid", NULL, offsetof(DomainXml, uuid)},
        {"vcpu", "current", offsetof(DomainXml, vcpus_now)},
        {"vcpu", NULL, offsetof(DomainXml, vcpus)},
};

static const Row channel_rows[] = {
        {"devices/channel", "type", offsetof(DomainChannel, type)},
        {"devices/channel/source", "mode", offsetof(DomainChannel, mode)},
        {"devices/channel/source", "path", offsetof(DomainChannel, path)},
        {"devices/channel/target", "name", offsetof(DomainChannel, name)},
        {"devices/channel/target", "state", offsetof(DomainChannel, state)},
        {"devices/channel/target", "type", offsetof(DomainChannel, target)},
};

static void parser_done(Parser *parser)
{
        if (parser->expat)
                XML_ParserFree(parser->expat);
        buf_done(&parser->text);
}

/* For callbacks: the first failure counts. */
static void stop(Parser *parser, int r)
{
        if (parser->r >= 0)
                parser->r = r;
        (void)XML_StopParser(parser->expat, XML_FALSE);
}

/* Return: whether what is open now is @path, below <domain>. */
static bool is_at(const Parser *parser, const char *path)
{
        if (parser->depth < 2 || parser->depth > DEPTH_MAX)
                return false;
        for (size_t i = 1; i < parser->depth; i++) {
                size_t n = strcspn(path, "/");

                if (strlen(parser->path[i]) != n || memcmp(path, parser->path[i], n) != 0)
                        return false;
                path += n;
                if ((*path == '/') != (i + 1 < parser->depth))
                        return false;
                path += *path == '/';
        }
        return true;
}

static void take(Parser *parser, const Row *row, void *target, const char *value)
{
        const char **at = (void *)((char *)target + row->offset);

        if (*at) /* the first one counts, as it does for libvirt */
                return;
        *at = arena_strdup(parser->arena, value);
        if (!*at)
                stop(parser, -ENOMEM);
}

static void take_attributes(Parser *parser, const Row *rows, size_t n, void *target,
                            const char *const *attributes)
{
        for (size_t i = 0; i < n; i++)
                for (size_t a = 0; rows[i].attribute && attributes[a]; a += 2)
                        if (strcmp(rows[i].attribute, attributes[a]) == 0 &&
                            is_at(parser, rows[i].path))
                                take(parser, &rows[i], target, attributes[a + 1]);
}

static void take_vsock(Parser *parser, const char *const *attributes)
{
        parser->domain.has_vsock = true;
        for (size_t i = 0; attributes[i]; i += 2)
                if (strcmp(attributes[i], "auto") == 0)
                        parser->domain.vsock_is_auto = strcmp(attributes[i + 1], "yes") == 0;
}

static void add_channel(Parser *parser)
{
        parser->channel = arena_new_object(parser->arena, DomainChannel);
        if (!parser->channel) {
                stop(parser, -ENOMEM);
                return;
        }
        *parser->last = parser->channel;
        parser->last = &parser->channel->next;
}

static void on_begin(void *user, const XML_Char *name, const XML_Char **attributes)
{
        Parser *parser = user;

        if (parser->r < 0)
                return;
        buf_clear(&parser->text);
        if (parser->depth == 0 && strcmp(name, "domain") != 0)
                stop(parser, -EBADMSG);
        if (parser->depth++ >= DEPTH_MAX)
                return;
        parser->path[parser->depth - 1] = arena_strdup(parser->arena, name);
        if (!parser->path[parser->depth - 1]) {
                stop(parser, -ENOMEM);
                return;
        }
        if (is_at(parser, "devices/channel"))
                add_channel(parser);
        if (is_at(parser, "devices/vsock/cid"))
                take_vsock(parser, attributes);
        take_attributes(parser, domain_rows, ELEMENTS(domain_rows), &parser->domain, attributes);
        if (parser->channel)
                take_attributes(parser, channel_rows, ELEMENTS(channel_rows), parser->channel,
                                attributes);
}

static void on_end(void *user, const XML_Char *name)
{
        Parser *parser = user;
        const char *text;

        (void)name;
        if (parser->r < 0)
                return;
        text = buf_text(&parser->text);
        for (size_t i = 0; text && i < ELEMENTS(domain_rows); i++)
                if (!domain_rows[i].attribute && is_at(parser, domain_rows[i].path))
                        take(parser, &domain_rows[i], &parser->domain, text);
        buf_clear(&parser->text);
        parser->depth--;
}

/* What is longer is none of ours: it is cut off and not taken. */
static void on_text(void *user, const XML_Char *text, int size)
{
        Parser *parser = user;

        if (parser->depth <= DEPTH_MAX)
                (void)buf_put(&parser->text, text, (size_t)size);
}

static void on_doctype(void *user, const XML_Char *name, const XML_Char *system_id,
                       const XML_Char *public_id, int has_internal_subset)
{
        (void)name;
        (void)system_id;
        (void)public_id;
        (void)has_internal_subset;
        stop(user, -EBADMSG);
}

int domain_xml_read(Arena *arena, const char *text, size_t size, DomainXml *ret)
{
        _cleanup_(parser_done) Parser parser = {.arena = arena, .text.max = TEXT_MAX};
        enum XML_Status status;

        if (size > DOMAIN_XML_MAX)
                return -EMSGSIZE;
        /* Before expat looks: it would read UTF-16 too where that is what the bytes are. */
        if (memchr(text, '\0', size) || !utf8_is_valid(text, size))
                return -EBADMSG;
        parser.last = &parser.domain.channels;
        parser.expat = XML_ParserCreate("UTF-8");
        if (!parser.expat)
                return -ENOMEM;
        XML_SetUserData(parser.expat, &parser);
        XML_SetStartDoctypeDeclHandler(parser.expat, on_doctype);
        XML_SetElementHandler(parser.expat, on_begin, on_end);
        XML_SetCharacterDataHandler(parser.expat, on_text);
        status = XML_Parse(parser.expat, text, (int)size, XML_TRUE);
        if (parser.r < 0)
                return parser.r;
        if (status != XML_STATUS_OK)
                return XML_GetErrorCode(parser.expat) == XML_ERROR_NO_MEMORY ? -ENOMEM : -EBADMSG;
        *ret = parser.domain;
        return 0;
}

const DomainChannel *domain_xml_channel(const DomainXml *domain, const char *name)
{
        for (const DomainChannel *channel = domain->channels; channel; channel = channel->next)
                if (channel->name && strcmp(channel->name, name) == 0 && channel->target &&
                    strcmp(channel->target, "virtio") == 0)
                        return channel;
        return NULL;
}
