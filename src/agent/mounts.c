#include "agent/mounts.h"

static bool is_octal(char c)
{
        return c >= '0' && c <= '7';
}

/* Blanks and the like in names are \ and three octal digits. */
static void decode(char *text)
{
        const char *from = text;

        while (*from) {
                if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && is_octal(from[2]) &&
                    is_octal(from[3])) {
                        int byte = (from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0');

                        *text++ = (char)(byte ? byte : '?');
                        from += 4;
                        continue;
                }
                *text++ = *from++;
        }
        *text = '\0';
}

/* Return: whether @text is a number and nothing else. */
static bool parse_number(const char *text, uint64_t max, uint64_t *ret)
{
        char *end;

        if (!text || *text < '0' || *text > '9')
                return false;
        errno = 0;
        *ret = strtoull(text, &end, 10);
        return errno == 0 && *end == '\0' && *ret <= max;
}

static bool parse_device(char *text, Mount *ret)
{
        uint64_t major, minor;
        const char *first = strsep(&text, ":");

        if (!parse_number(first, UINT32_MAX, &major) || !parse_number(text, UINT32_MAX, &minor))
                return false;
        ret->major = (unsigned int)major;
        ret->minor = (unsigned int)minor;
        return true;
}

int mount_parse(char *line, Mount *ret)
{
        enum { ID, PARENT, DEVICE, ROOT, POINT, OPTIONS, N_FIELDS };
        char *fields[N_FIELDS], *rest = line, *field, *type, *source;

        line[strcspn(line, "\n")] = '\0';
        for (size_t i = 0; i < N_FIELDS; i++) {
                fields[i] = strsep(&rest, " ");
                if (!fields[i])
                        return -EBADMSG;
        }
        do /* any number of tags end with a dash */
                field = strsep(&rest, " ");
        while (field && strcmp(field, "-") != 0);
        type = strsep(&rest, " ");
        source = strsep(&rest, " ");
        if (!source || !rest || !*fields[POINT] || !*type ||
            !parse_number(fields[ID], UINT64_MAX, &ret->id) || !parse_device(fields[DEVICE], ret))
                return -EBADMSG;
        decode(fields[POINT]);
        decode(type);
        decode(source);
        ret->point = fields[POINT];
        ret->type = type;
        ret->source = source;
        return 0;
}

bool mount_is_root(const Mount *mount)
{
        return strcmp(mount->point, "/") == 0;
}

/* Without what is read-only by nature, and so always full. */
bool mount_is_disk(const Mount *mount)
{
        static const struct {
                const char *type;
                bool without_device; /* what it is on has no number of its own */
        } rows[] = {
                {"btrfs", true}, {"exfat"}, {"ext2"},     {"ext3"}, {"ext4"}, {"f2fs"},
                {"jfs"},         {"ntfs3"}, {"reiserfs"}, {"vfat"}, {"xfs"},  {"zfs", true},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++)
                if (strcmp(mount->type, rows[i].type) == 0) {
                        if (!rows[i].without_device)
                                return mount->major != 0 &&
                                       strncmp(mount->source, "/dev/", strlen("/dev/")) == 0;
                        /* A snapshot of ZFS is mounted by whoever looks into it. */
                        return !strchr(mount->source, '@');
                }
        return false;
}

/* Return: whether it is the option @name, with a value or without. */
static bool is_option(const char *option, const char *name)
{
        size_t n = strlen(name);

        return strncmp(option, name, n) == 0 && (option[n] == '\0' || option[n] == '=');
}

/* mount(8) notes who has mounted, and udisks that it has, for whoever sits at the machine. */
static bool has_users_option(char *options)
{
        const char *option;
        bool found = false;

        while ((option = strsep(&options, ",")))
                found |= is_option(option, "user") || is_option(option, "uhelper");
        return found;
}

bool mount_is_users(char *line, const char *point)
{
        static const char target[] = "TARGET=", options[] = "OPTS=";
        bool here = false, users = false;
        char *field;

        line[strcspn(line, "\n")] = '\0';
        while ((field = strsep(&line, " "))) {
                decode(field);
                if (strncmp(field, target, strlen(target)) == 0)
                        here = strcmp(field + strlen(target), point) == 0;
                else if (strncmp(field, options, strlen(options)) == 0)
                        users = has_users_option(field + strlen(options));
        }
        return here && users;
}
