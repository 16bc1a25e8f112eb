/*
 * Framing: where a message's body ends, and whether all would read it the same way.
 *
 * The daemon forgives what a strict neighbour (a proxy, another server) would read differently,
 * and two readings of one message are how requests are smuggled. The header is therefore judged
 * once more, before a byte of the body is taken.
 *
 * Source: RFC 9112, 6.1 to 6.3 (length of a message); RFC 9110, 5.6.2 (token).
 */

#include "http/private.h"

#include <strings.h>

typedef struct Framing {
        unsigned int n_lengths, n_encodings, n_hosts;
        bool is_bad, is_chunked;
        uint64_t length;
} Framing;

static bool is_token(const char *text, size_t size)
{
        static const char others[] = "!#$%&'*+-.^_`|~";

        for (size_t i = 0; i < size; i++) {
                char c = text[i];
                bool alphanumeric =
                        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

                if (!alphanumeric && (!c || !strchr(others, c)))
                        return false;
        }
        return size > 0;
}

static bool is_value(const char *text, size_t size)
{
        for (size_t i = 0; i < size; i++)
                if (((unsigned char)text[i] < 0x20 && text[i] != '\t') || text[i] == 0x7f)
                        return false;
        return true;
}

static bool length_parse(const char *text, uint64_t *ret)
{
        uint64_t length = 0;

        if (!*text)
                return false;
        for (; *text; text++) {
                if (*text < '0' || *text > '9')
                        return false;
                if (__builtin_mul_overflow(length, (uint64_t)10, &length) ||
                    __builtin_add_overflow(length, (uint64_t)(*text - '0'), &length))
                        return false;
        }
        *ret = length;
        return true;
}

static enum MHD_Result framing_visit(void *cls, enum MHD_ValueKind kind, const char *name,
                                     size_t name_size, const char *value, size_t value_size)
{
        Framing *framing = cls;

        (void)kind;
        if (!name || !value || !is_token(name, name_size) || !is_value(value, value_size)) {
                framing->is_bad = true;
        } else if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0) {
                framing->n_lengths++;
                framing->is_bad |= !length_parse(value, &framing->length);
        } else if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) {
                framing->n_encodings++;
                framing->is_chunked = strcasecmp(value, "chunked") == 0;
        } else if (strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0) {
                framing->n_hosts++;
        }
        return MHD_YES;
}

unsigned int http_framing_judge(HttpRequest *request, const char *version)
{
        Framing framing = {0};

        (void)MHD_get_connection_values_n(request->connection->mhd, MHD_HEADER_KIND, framing_visit,
                                          &framing);
        request->has_body = framing.n_encodings > 0 || framing.length > 0;
        request->length = -1;
        if (framing.is_bad || framing.n_hosts > 1 || str_is_empty(request->path) ||
            !is_token(request->method, strlen(request->method)))
                return MHD_HTTP_BAD_REQUEST;
        if (framing.n_lengths + framing.n_encodings > 1)
                return MHD_HTTP_BAD_REQUEST;
        if (framing.n_encodings > 0 &&
            (!framing.is_chunked || strcmp(version, MHD_HTTP_VERSION_1_1) != 0))
                return MHD_HTTP_BAD_REQUEST;
        if (framing.length > INT64_MAX)
                return MHD_HTTP_CONTENT_TOO_LARGE;
        if (framing.n_lengths > 0)
                request->length = (int64_t)framing.length;
        return 0;
}
