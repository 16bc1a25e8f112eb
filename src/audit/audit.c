#include "audit/audit.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"

#include <fcntl.h>
#include <inttypes.h>

#define LINE_MAX_BYTES  ((size_t)512 << 10)
#define VALUE_MAX_BYTES 4096 /* of one member; what is cut off ends in "..." */

struct Audit {
        char *path;
        int fd;
        bool broken;
        bool cut; /* the last line has no end: the disk was full */
};

static const struct {
        const char *name;
        size_t offset;
} fields[] = {
        {"event", offsetof(AuditEvent, event)},
        {"requestId", offsetof(AuditEvent, request_id)},
        {"initiation", offsetof(AuditEvent, initiation)},
        {"user", offsetof(AuditEvent, user)},
        {"address", offsetof(AuditEvent, address)},
        {"vm", offsetof(AuditEvent, vm)},
        {"vmName", offsetof(AuditEvent, vm_name)},
        {"guestUser", offsetof(AuditEvent, guest_user)},
        {"operation", offsetof(AuditEvent, operation)},
        {"target", offsetof(AuditEvent, target)},
        {"result", offsetof(AuditEvent, result)},
};

int audit_reopen(Audit *audit)
{
        int fd = open(audit->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);

        if (fd < 0)
                return -errno;
        fd_close(audit->fd);
        audit->fd = fd;
        return 0;
}

int audit_open(const char *path, Audit **ret)
{
        _cleanup_(audit_closep) Audit *audit = malloc(sizeof(*audit));
        int r;

        if (!audit)
                return -ENOMEM;
        *audit = (Audit){.path = strdup(path), .fd = -1};
        if (!audit->path)
                return -ENOMEM;
        r = audit_reopen(audit);
        if (r < 0)
                return r;
        *ret = moved(audit);
        return 0;
}

Audit *audit_close(Audit *audit)
{
        if (!audit)
                return NULL;
        fd_close(audit->fd);
        free(audit->path);
        free(audit);
        return NULL;
}

/* Names and paths are foreign bytes: control characters are escaped, so that a line stays one. */
static void put_string(Buf *out, const char *text)
{
        const unsigned char *end = (const unsigned char *)text + strnlen(text, VALUE_MAX_BYTES);

        while (end > (const unsigned char *)text && (*end & 0xc0) == 0x80)
                end--; /* a character is not cut in two */
        buf_putc(out, '"');
        for (const unsigned char *p = (const unsigned char *)text; p < end; p++)
                if (*p < 0x20 || *p == 0x7f)
                        buf_putf(out, "\\u%04x", *p);
                else if (*p == '"' || *p == '\\')
                        buf_putf(out, "\\%c", *p);
                else
                        buf_putc(out, (char)*p);
        buf_puts(out, *end ? "...\"" : "\"");
}

static int write_line(Audit *audit, const Buf *line)
{
        ssize_t n = 1;
        int r;

        if (audit->cut)
                n = write(audit->fd, "\n", 1);
        audit->cut = n != 1;
        n = audit->cut ? -1 : write(audit->fd, line->data, line->size);
        r = n == (ssize_t)line->size ? 0 : n < 0 ? -errno : -EIO;
        if (r < 0 && !audit->broken)
                log_error("audit: %s cannot be written: %s", audit->path, strerror(-r));
        audit->broken = r < 0;
        audit->cut |= n > 0 && r < 0;
        return r;
}

int audit_write(Audit *audit, const AuditEvent *event)
{
        _cleanup_(buf_done) Buf line = {.max = LINE_MAX_BYTES};
        char time[CLOCK_TEXT_MAX];

        clock_format(clock_realtime(), time);
        buf_putf(&line, "{\"time\":\"%s\"", time);
        for (size_t i = 0; i < ELEMENTS(fields); i++) {
                const char *value = *(const char *const *)(const void *)((const char *)event +
                                                                         fields[i].offset);

                if (!value)
                        continue;
                buf_putf(&line, ",\"%s\":", fields[i].name);
                put_string(&line, value);
        }
        if (event->bytes)
                buf_putf(&line, ",\"bytes\":%" PRIu64, *event->bytes);
        buf_putf(&line, ",\"durationUsec\":%" PRIu64 "}\n", event->duration);
        if (buf_error(&line))
                return buf_error(&line);
        return write_line(audit, &line);
}

bool audit_is_able(Audit *audit)
{
        if (!audit->broken)
                return true;
        return audit_write(audit, &(AuditEvent){.event = "audit-resumed"}) >= 0;
}
