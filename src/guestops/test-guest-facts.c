/* What an agent says of its guest, as rows: what is taken, and what is refused as a whole. */

#include "base/buf.h"
#include "guestops/guest-facts.h"
#include "schema/tables.h"
#include "wire/write.h"

#include "base/test.h"

typedef struct Address {
        const char *text;
        int32_t prefix_length;
} Address;

typedef struct Row {
        const char *about;
        const char *mac; /* NULL: none */
        bool down;
        Address addresses[4]; /* up to the first without a text */
        int r;
        const char *taken;      /* the interface's addresses */
        const char *ip_address; /* the guest's */
} Row;

/* Encodes one interface, or @n alike, whose addresses are those of the row @repeat times. */
static void put_facts(Buf *out, const Row *row, size_t n, size_t repeat)
{
        AgentAddress addresses[160];
        WireObject *address_items[160], *interface_items[160];
        AgentInterface interface = {
                .type = &type_AgentInterface,
                .name = (char *)"eth0",
                .up = !row->down,
                .mac_address = (char *)row->mac,
                .addresses.items = address_items,
        };
        const AgentFacts facts = {
                .type = &type_AgentFacts,
                .host_name = (char *)"guest",
                .os_name = (char *)"Linux",
                .boot_time = {true, 7},
                .interfaces = {interface_items, n},
        };

        for (size_t k = 0; k < repeat; k++)
                for (const Address *told = row->addresses; told->text; told++) {
                        size_t i = interface.addresses.n++;

                        addresses[i] = (AgentAddress){
                                .type = &type_AgentAddress,
                                .address = (char *)told->text,
                                .prefix_length = told->prefix_length,
                        };
                        address_items[i] = (WireObject *)&addresses[i];
                }
        for (size_t i = 0; i < n; i++)
                interface_items[i] = (WireObject *)&interface;
        tlv_write(out, &facts);
}

static const char *text_of(const GuestFacts *facts, Buf *out)
{
        for (size_t i = 0; i < facts->n_interfaces; i++)
                for (size_t k = 0; k < facts->interfaces[i].n_addresses; k++)
                        buf_putf(out, "%s%s/%d", out->size ? " " : "",
                                 facts->interfaces[i].addresses[k].text,
                                 facts->interfaces[i].addresses[k].prefix_length);
        return buf_text(out);
}

static void test_interfaces(void)
{
        static const char mac[] = "00:00:5e:00:53:af";
        static const Row rows[] = {
                {"no address", mac, false, {{0}}, 0, "", ""},
                {"IPv4", mac, false, {{"192.0.2.1", 24}}, 0, "192.0.2.1/24", "192.0.2.1"},
                {"IPv6", mac, false, {{"2001:db8::1", 64}}, 0, "2001:db8::1/64", "2001:db8::1"},
                {"IPv4 before IPv6",
                 mac,
                 false,
                 {{"2001:db8::1", 64}, {"192.0.2.1", 24}, {"192.0.2.2", 24}},
                 0,
                 "2001:db8::1/64 192.0.2.1/24 192.0.2.2/24",
                 "192.0.2.1"},
                {"written as we write it",
                 mac,
                 false,
                 {{"2001:0DB8:0:0::0001", 128}},
                 0,
                 "2001:db8::1/128",
                 "2001:db8::1"},
                {"private ones are the guest's own",
                 mac,
                 false,
                 {{"10.0.0.1", 8}},
                 0,
                 "10.0.0.1/8",
                 "10.0.0.1"},
                {"not those of the link",
                 mac,
                 false,
                 {{"169.254.1.1", 16}, {"fe80::1", 64}, {"fd00::1", 64}},
                 0,
                 "169.254.1.1/16 fe80::1/64 fd00::1/64",
                 "fd00::1"},
                {"not loopback",
                 mac,
                 false,
                 {{"127.0.0.2", 8}, {"::1", 128}},
                 0,
                 "127.0.0.2/8 ::1/128",
                 ""},
                {"not nobody's", mac, false, {{"0.0.0.0", 0}, {"::", 0}}, 0, "0.0.0.0/0 ::/0", ""},
                {"not everybody's",
                 mac,
                 false,
                 {{"224.0.0.1", 4}, {"255.255.255.255", 32}, {"ff02::1", 8}},
                 0,
                 "224.0.0.1/4 255.255.255.255/32 ff02::1/8",
                 ""},
                {"not IPv4 in IPv6",
                 mac,
                 false,
                 {{"::ffff:127.0.0.1", 128}},
                 0,
                 "::ffff:127.0.0.1/128",
                 ""},
                {"down", mac, true, {{"192.0.2.1", 24}}, 0, "192.0.2.1/24", ""},
                {"no MAC", NULL, false, {{"192.0.2.1", 24}}, 0, "192.0.2.1/24", "192.0.2.1"},

                {"an empty address", mac, false, {{"", 24}}, -EBADMSG, "", ""},
                {"a name", mac, false, {{"localhost", 24}}, -EBADMSG, "", ""},
                {"a number", mac, false, {{"3221225985", 24}}, -EBADMSG, "", ""},
                {"a prefix within", mac, false, {{"192.0.2.1/24", 24}}, -EBADMSG, "", ""},
                {"a zone", mac, false, {{"fe80::1%eth0", 64}}, -EBADMSG, "", ""},
                {"something behind", mac, false, {{"192.0.2.1\n", 24}}, -EBADMSG, "", ""},
                {"prefix of IPv4", mac, false, {{"192.0.2.1", 33}}, -EBADMSG, "", ""},
                {"prefix of IPv6", mac, false, {{"2001:db8::1", 129}}, -EBADMSG, "", ""},
                {"prefix below 0", mac, false, {{"192.0.2.1", -1}}, -EBADMSG, "", ""},
                {"the second of two", mac, false, {{"192.0.2.1", 24}, {"x", 24}}, -EBADMSG, "", ""},
                {"an empty MAC", "", false, {{0}}, -EBADMSG, "", ""},
                {"a MAC too short", "00:00:5e:00:53:a", false, {{0}}, -EBADMSG, "", ""},
                {"a MAC too long", "00:00:5e:00:53:af:", false, {{0}}, -EBADMSG, "", ""},
                {"a MAC with dashes", "00-00-5e-00-53-af", false, {{0}}, -EBADMSG, "", ""},
                {"a MAC with a g", "00:00:5e:00:53:ag", false, {{0}}, -EBADMSG, "", ""},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(buf_done) Buf payload = {0}, taken = {0};
                GuestFacts facts = {.host_name = "before"};

                put_facts(&payload, &rows[i], 1, 1);
                EXPECT_INT(rows[i].about, guest_facts_read(&facts, payload.data, payload.size),
                           rows[i].r);
                EXPECT_STR(rows[i].about, text_of(&facts, &taken), rows[i].taken);
                EXPECT_STR(rows[i].about, facts.ip_address, rows[i].ip_address);
                EXPECT_STR(rows[i].about, facts.host_name, rows[i].r < 0 ? "before" : "guest");
                EXPECT_INT(rows[i].about, facts.boot_time.set, rows[i].r >= 0);
                guest_facts_clear(&facts);
        }
}

static void test_mac_addresses(void)
{
        const Row row = {.mac = "AA:bb:0C:9d:Ef:00"};
        _cleanup_(buf_done) Buf payload = {0};
        GuestFacts facts = {0};

        put_facts(&payload, &row, 1, 1);
        EXPECT_INT("MAC", guest_facts_read(&facts, payload.data, payload.size), 0);
        EXPECT_STR("MAC", facts.interfaces[0].mac_address, "aa:bb:0c:9d:ef:00");
        guest_facts_clear(&facts);
}

static void test_limits(void)
{
        static const struct {
                const char *about;
                size_t interfaces, addresses;
                int r;
        } rows[] = {
                {"none", 0, 0, 0},
                {"as many interfaces", FACTS_INTERFACES_MAX, 1, 0},
                {"an interface more", FACTS_INTERFACES_MAX + 1, 1, -EBADMSG},
                {"as many addresses", 1, FACTS_ADDRESSES_MAX, 0},
                {"an address more", 1, FACTS_ADDRESSES_MAX + 1, -EBADMSG},
                {"all of both", FACTS_INTERFACES_MAX, FACTS_ADDRESSES_MAX, 0},
        };
        const Row row = {.mac = "00:00:5e:00:53:af", .addresses = {{"1.1.1.1", 0}}};

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(buf_done) Buf payload = {0};
                GuestFacts facts = {0};
                size_t n = rows[i].r < 0 ? 0 : rows[i].interfaces;

                put_facts(&payload, &row, rows[i].interfaces, rows[i].addresses);
                EXPECT_INT(rows[i].about, guest_facts_read(&facts, payload.data, payload.size),
                           rows[i].r);
                EXPECT_INT(rows[i].about, facts.n_interfaces, n);
                guest_facts_clear(&facts);
                EXPECT_INT(rows[i].about, facts.n_interfaces, 0);
        }
}

/* The next one replaces the last one, unless it is refused. */
static void test_again(void)
{
        static const Row rows[] = {
                {"first", NULL, false, {{"192.0.2.1", 24}}, 0, "192.0.2.1/24", "192.0.2.1"},
                {"second", NULL, false, {{"192.0.2.2", 24}}, 0, "192.0.2.2/24", "192.0.2.2"},
                {"refused", NULL, false, {{"x", 24}}, -EBADMSG, "192.0.2.2/24", "192.0.2.2"},
                {"gone", NULL, false, {{0}}, 0, "", ""},
        };
        GuestFacts facts = {.known = true, .version = "1"};

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(buf_done) Buf payload = {0}, taken = {0};

                put_facts(&payload, &rows[i], 1, 1);
                EXPECT_INT(rows[i].about, guest_facts_read(&facts, payload.data, payload.size),
                           rows[i].r);
                EXPECT_STR(rows[i].about, text_of(&facts, &taken), rows[i].taken);
                EXPECT_STR(rows[i].about, facts.ip_address, rows[i].ip_address);
        }
        EXPECT("what a hello has told", facts.known && strcmp(facts.version, "1") == 0);
        guest_facts_clear(&facts);
}

/* file systems */

/* Encodes @n like @disk, and a good one before them. */
static void put_disks(Buf *out, const AgentDisk *disk, size_t n)
{
        AgentDisk root = {&type_AgentDisk, (char *)"/", (char *)"ext4", 1000, 10};
        WireObject *items[FACTS_DISKS_MAX + 1];
        const AgentFacts facts = {
                .type = &type_AgentFacts,
                .host_name = (char *)"guest",
                .disks = {items, n + 1},
        };

        items[0] = (WireObject *)&root;
        for (size_t i = 0; i < n; i++)
                items[i + 1] = (WireObject *)disk;
        tlv_write(out, &facts);
}

static const char *disks_of(const GuestFacts *facts, Buf *out)
{
        for (size_t i = 0; i < facts->n_disks; i++)
                buf_putf(out, "%s %s %lld/%lld;", facts->disks[i].path,
                         facts->disks[i].file_system_type, (long long)facts->disks[i].free_space,
                         (long long)facts->disks[i].capacity);
        return buf_text(out);
}

static void test_disks(void)
{
#define PATH(path)            (char *)(path), (char *)"xfs", 9, 3
#define SIZES(capacity, free) (char *)"/d", (char *)"xfs", (capacity), (free)
        static const char root[] = "/ ext4 10/1000;";
        static const struct {
                const char *about;
                AgentDisk disk;
                size_t n;
                int r;
                const char *taken; /* behind the good one */
        } rows[] = {
                {"alone", {&type_AgentDisk, PATH("/")}, 0, 0, ""},
                {"two", {&type_AgentDisk, PATH("/d")}, 1, 0, "/d xfs 3/9;"},
                {"full", {&type_AgentDisk, SIZES(7, 0)}, 1, 0, "/d xfs 0/7;"},
                {"empty", {&type_AgentDisk, SIZES(7, 7)}, 1, 0, "/d xfs 7/7;"},
                {"without blocks", {&type_AgentDisk, SIZES(0, 0)}, 1, 0, "/d xfs 0/0;"},
                {"huge",
                 {&type_AgentDisk, SIZES(INT64_MAX, INT64_MAX)},
                 1,
                 0,
                 "/d xfs 9223372036854775807/9223372036854775807;"},
                {"what XML cannot hold", {&type_AgentDisk, PATH("/\1d")}, 1, 0, "/?d xfs 3/9;"},
                {"a type too long is cut",
                 {&type_AgentDisk, (char *)"/d", (char *)"0123456789012345678901234567890123", 9,
                  3},
                 1,
                 0,
                 "/d 0123456789012345678901234567890 3/9;"},
                {"no path", {&type_AgentDisk, PATH("")}, 1, -EBADMSG, ""},
                {"more free than there is", {&type_AgentDisk, SIZES(7, 8)}, 1, -EBADMSG, ""},
                {"free below 0", {&type_AgentDisk, SIZES(7, -1)}, 1, -EBADMSG, ""},
                {"all below 0", {&type_AgentDisk, SIZES(-1, -1)}, 1, -EBADMSG, ""},
                {"one too many", {&type_AgentDisk, PATH("/d")}, FACTS_DISKS_MAX, -EBADMSG, ""},
        };
#undef PATH
#undef SIZES

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(buf_done) Buf payload = {0}, taken = {0}, expected = {0};
                GuestFacts facts = {.host_name = "before"};

                put_disks(&payload, &rows[i].disk, rows[i].n);
                if (rows[i].r >= 0)
                        buf_putf(&expected, "%s%s", root, rows[i].taken);
                EXPECT_INT(rows[i].about, guest_facts_read(&facts, payload.data, payload.size),
                           rows[i].r);
                EXPECT_STR(rows[i].about, disks_of(&facts, &taken), buf_text(&expected));
                EXPECT_STR(rows[i].about, facts.host_name, rows[i].r < 0 ? "before" : "guest");
                guest_facts_clear(&facts);
                EXPECT_INT(rows[i].about, facts.n_disks, 0);
        }
}

static void test_many_disks(void)
{
        const AgentDisk disk = {&type_AgentDisk, (char *)"/d", (char *)"xfs", 9, 3};
        _cleanup_(buf_done) Buf many = {0}, bad = {0}, none = {0};
        const AgentDisk wrong = {&type_AgentDisk, (char *)"", (char *)"xfs", 9, 3};
        const AgentFacts nothing = {.type = &type_AgentFacts};
        GuestFacts facts = {0};

        put_disks(&many, &disk, FACTS_DISKS_MAX - 1);
        put_disks(&bad, &wrong, 1);
        tlv_write(&none, &nothing);
        EXPECT_INT("many", guest_facts_read(&facts, many.data, many.size), 0);
        EXPECT_INT("many", facts.n_disks, FACTS_DISKS_MAX);
        EXPECT_INT("again", guest_facts_read(&facts, many.data, many.size), 0);
        EXPECT_INT("refused", guest_facts_read(&facts, bad.data, bad.size), -EBADMSG);
        EXPECT_INT("those before", facts.n_disks, FACTS_DISKS_MAX);
        EXPECT_INT("none", guest_facts_read(&facts, none.data, none.size), 0);
        EXPECT_INT("none", facts.n_disks, 0);
        guest_facts_clear(&facts);
}

/* sessions, and problems */

static void test_sessions(void)
{
        static const struct {
                const char *about;
                WireInt told;
                int r;
                WireInt taken; /* after one that said 3 */
        } rows[] = {
                {"not known", {0}, 0, {0}},
                {"none", {true, 0}, 0, {true, 0}},
                {"many", {true, INT32_MAX}, 0, {true, INT32_MAX}},
                {"below 0", {true, -1}, -EBADMSG, {true, 3}},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(buf_done) Buf payload = {0};
                const AgentFacts told = {
                        .type = &type_AgentFacts,
                        .user_sessions = rows[i].told,
                };
                GuestFacts facts = {.user_sessions = {true, 3}};

                tlv_write(&payload, &told);
                EXPECT_INT(rows[i].about, guest_facts_read(&facts, payload.data, payload.size),
                           rows[i].r);
                EXPECT_INT(rows[i].about, facts.user_sessions.set, rows[i].taken.set);
                EXPECT_INT(rows[i].about, facts.user_sessions.value, rows[i].taken.value);
                guest_facts_clear(&facts);
        }
}

static void test_problems(void)
{
        static const struct {
                const char *about, *word;
                size_t n;
                int r;
        } rows[] = {
                {"none", "", 0, 0},
                {"one", "operations-disabled", 1, 0},
                {"one that is new to us", "moon-phase-2", 1, 0},
                {"as many as there may be", "pam-service-missing", FACTS_PROBLEMS_MAX, 0},
                {"one more", "pam-service-missing", FACTS_PROBLEMS_MAX + 1, -EBADMSG},
                {"the longest", "01234567890123456789012345678901234567890123456", 1, 0},
                {"longer", "012345678901234567890123456789012345678901234567", 1, -EBADMSG},
                {"empty", "", 1, -EBADMSG},
                {"blanks", "two words", 1, -EBADMSG},
                {"for a terminal", "\033[2J", 1, -EBADMSG},
                {"large letters", "PAM", 1, -EBADMSG},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(buf_done) Buf payload = {0};
                char *words[FACTS_PROBLEMS_MAX + 1];
                const AgentFacts told = {
                        .type = &type_AgentFacts,
                        .problems = {words, rows[i].n},
                };
                GuestFacts facts = {0};

                for (size_t k = 0; k < rows[i].n; k++)
                        words[k] = (char *)rows[i].word;
                tlv_write(&payload, &told);
                EXPECT_INT(rows[i].about, guest_facts_read(&facts, payload.data, payload.size),
                           rows[i].r);
                EXPECT_INT(rows[i].about, facts.n_problems, rows[i].r < 0 ? 0 : rows[i].n);
                if (facts.n_problems > 0)
                        EXPECT_STR(rows[i].about, facts.problems[0].word, rows[i].word);
                guest_facts_clear(&facts);
        }
}

int main(void)
{
        test_interfaces();
        test_mac_addresses();
        test_limits();
        test_again();
        test_disks();
        test_many_disks();
        test_sessions();
        test_problems();
        return test_end();
}
