/* Lines of the kernel's list of mounts, as rows. */

#include "agent/mounts.h"

#include "base/buf.h"

#include "base/test.h"

static void test_parse(void)
{
        static const struct {
                const char *about, *line;
                const char *read; /* NULL: malformed */
        } rows[] = {
                {"usual", "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard\n",
                 "27 254:0 / ext4 /dev/vda"},
                {"without a newline", "27 1 254:0 / / rw - ext4 /dev/vda rw",
                 "27 254:0 / ext4 /dev/vda"},
                {"tags", "36 35 98:0 /sub /mnt rw shared:7 master:1 - ext3 /dev/root rw",
                 "36 98:0 /mnt ext3 /dev/root"},
                {"escapes", "1 2 8:1 / /a\\040b\\011c\\012d\\134e\\043 rw - vfat /dev/x\\040y rw",
                 "1 8:1 /a b\tc\nd\\e# vfat /dev/x y"},
                {"an escape's backslash is none", "1 2 8:1 / /a\\134040 rw - vfat /dev/x rw",
                 "1 8:1 /a\\040 vfat /dev/x"},
                {"no escapes", "1 2 8:1 / /\\04\\0\\9\\800\\400\\ rw - vfat /dev/x rw",
                 "1 8:1 /\\04\\0\\9\\800\\400\\ vfat /dev/x"},
                {"a NUL", "1 2 8:1 / /\\000a rw - vfat /dev/x rw", "1 8:1 /?a vfat /dev/x"},
                {"a byte above all", "1 2 8:1 / /\\377 rw - vfat /dev/x rw",
                 "1 8:1 /\xff vfat /dev/x"},
                {"no source", "1 2 0:5 / /p rw - proc  rw", "1 0:5 /p proc "},
                {"no options", "1 2 0:5 / /p rw - proc proc ", "1 0:5 /p proc proc"},
                {"a dash as source", "1 2 0:5 / /p rw - proc - rw", "1 0:5 /p proc -"},
                {"a dash as mount point", "1 2 0:5 / - rw - proc p rw", "1 0:5 - proc p"},
                {"a large id", "18446744073709551615 2 0:5 / /p rw - proc p rw",
                 "18446744073709551615 0:5 /p proc p"},

                {"nothing", "", NULL},
                {"a newline", "\n", NULL},
                {"no dash", "1 2 8:1 / /p rw shared:1 ext4 /dev/x rw", NULL},
                {"nothing behind the dash", "1 2 8:1 / /p rw -", NULL},
                {"no type", "1 2 8:1 / /p rw -  /dev/x rw", NULL},
                {"ends with the source", "1 2 8:1 / /p rw - ext4 /dev/x", NULL},
                {"no mount point", "1 2 8:1 /  rw - ext4 /dev/x rw", NULL},
                {"no device", "1 2 8 / /p rw - ext4 /dev/x rw", NULL},
                {"half a device", "1 2 8: / /p rw - ext4 /dev/x rw", NULL},
                {"a device too large", "1 2 8:4294967296 / /p rw - ext4 /dev/x rw", NULL},
                {"three numbers", "1 2 8:1:1 / /p rw - ext4 /dev/x rw", NULL},
                {"an id with a sign", "+1 2 8:1 / /p rw - ext4 /dev/x rw", NULL},
                {"an id with a letter", "1a 2 8:1 / /p rw - ext4 /dev/x rw", NULL},
                {"an id too large", "18446744073709551616 2 8:1 / /p rw - ext4 /dev/x rw", NULL},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(freep) char *line = strdup(rows[i].line);
                _cleanup_(buf_done) Buf read = {0};
                Mount mount = {0};
                int r;

                if (!line)
                        abort();
                r = mount_parse(line, &mount);
                EXPECT_INT(rows[i].about, r, rows[i].read ? 0 : -EBADMSG);
                if (r < 0)
                        continue;
                buf_putf(&read, "%llu %u:%u %s %s %s", (unsigned long long)mount.id, mount.major,
                         mount.minor, mount.point, mount.type, mount.source);
                EXPECT_STR(rows[i].about, buf_text(&read), rows[i].read);
        }
}

static void test_kinds(void)
{
        static const struct {
                const char *about;
                Mount mount;
                bool disk, root;
        } rows[] = {
                {"root", {1, 8, 1, "/", "ext4", "/dev/sda1"}, true, true},
                {"another", {1, 8, 1, "/srv", "xfs", "/dev/mapper/srv"}, true, false},
                {"firmware's", {1, 8, 1, "/boot/efi", "vfat", "/dev/sda1"}, true, false},
                {"Windows'", {1, 8, 1, "/w", "ntfs3", "/dev/sda1"}, true, false},
                {"btrfs", {1, 0, 31, "/b", "btrfs", "/dev/sda1"}, true, false},
                {"ZFS", {1, 0, 31, "/z", "zfs", "tank/home"}, true, false},
                {"a snapshot", {1, 0, 31, "/z", "zfs", "tank/home@monday"}, false, false},
                {"root in memory", {1, 0, 2, "/", "rootfs", "rootfs"}, false, true},
                {"memory", {1, 0, 31, "/tmp", "tmpfs", "tmpfs"}, false, false},
                {"memory that calls itself a disk",
                 {1, 0, 31, "/t", "tmpfs", "/dev/sda1"},
                 false,
                 false},
                {"no device's number", {1, 0, 31, "/t", "ext4", "/dev/sda1"}, false, false},
                {"no device's name", {1, 8, 1, "/t", "ext4", "none"}, false, false},
                {"a disc", {1, 11, 0, "/cd", "iso9660", "/dev/sr0"}, false, false},
                {"a snap", {1, 7, 0, "/snap/x/1", "squashfs", "/dev/loop0"}, false, false},
                {"FUSE on a disk", {1, 8, 1, "/w", "fuseblk", "/dev/sda1"}, false, false},
                {"FUSE that is called a disk's",
                 {1, 0, 31, "/w", "fuse.ext4", "/dev/sda1"},
                 false,
                 false},
                {"NFS", {1, 0, 31, "/n", "nfs4", "server:/dev/sda1"}, false, false},
                {"CIFS", {1, 0, 31, "/n", "cifs", "//server/share"}, false, false},
                {"a longer name", {1, 8, 1, "/t", "ext44", "/dev/sda1"}, false, false},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                EXPECT_INT(rows[i].about, mount_is_disk(&rows[i].mount), rows[i].disk);
                EXPECT_INT(rows[i].about, mount_is_root(&rows[i].mount), rows[i].root);
        }
}

static void test_users(void)
{
        static const struct {
                const char *about, *line;
                bool users;
        } rows[] = {
                {"by mount(8)", "ID=7 SRC=/dev/sdb1 TARGET=/media/a\\040b ROOT=/ OPTS=user=bob\n",
                 true},
                {"by udisks", "SRC=/dev/sdb1 TARGET=/media/a\\040b OPTS=uhelper=udisks2", true},
                {"one option of several", "SRC=x TARGET=/media/a\\040b ATTRS=x OPTS=a,user,x-b",
                 true},
                {"options first", "OPTS=user=bob TARGET=/media/a\\040b", true},
                {"another mount", "SRC=/dev/sdb1 TARGET=/media/a OPTS=user=bob", false},
                {"longer", "SRC=/dev/sdb1 TARGET=/media/a\\040b/c OPTS=user=bob", false},
                {"root's", "SRC=/dev/sdb1 TARGET=/media/a\\040b OPTS=x-initrd.mount", false},
                {"another option", "SRC=/dev/sdb1 TARGET=/media/a\\040b OPTS=users,user_id=0",
                 false},
                {"nothing", "", false},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(freep) char *line = strdup(rows[i].line);

                if (!line)
                        abort();
                EXPECT_INT(rows[i].about, mount_is_users(line, "/media/a b"), rows[i].users);
        }
}

int main(void)
{
        test_parse();
        test_kinds();
        test_users();
        return test_end();
}
