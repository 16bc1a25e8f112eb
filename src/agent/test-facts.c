/* Facts: how many disks there is room for in a frame. */

#include "agent/facts.h"
#include "channel/frame.h"
#include "schema/tables.h"
#include "wire/read.h"

#include "base/test.h"

static void on_change(Facts *facts)
{
        (void)facts;
}

/* Whoever asks the real ones is not waited for: they come by the loop. */
static void tell_disks(Facts *facts, size_t path_length)
{
        static char path[8192];
        static AgentDisk disk = {&type_AgentDisk, path, (char *)"ext4", 1000, 10};
        static AgentDisk root = {&type_AgentDisk, (char *)"/", (char *)"ext4", 1000, 10};
        static WireObject *items[FACTS_DISKS_MAX];

        memset(path, 'x', path_length);
        path[path_length] = '\0';
        items[0] = (WireObject *)&root;
        for (size_t i = 1; i < ELEMENTS(items); i++)
                items[i] = (WireObject *)&disk;
        facts->disks.told = (WireObjects){items, ELEMENTS(items)};
}

static void test_room(Facts *facts, Usec now)
{
        static const struct {
                const char *about;
                size_t path_length, least, most;
        } rows[] = {
                {"short names", 20, FACTS_DISKS_MAX, FACTS_DISKS_MAX},
                {"long names", 1000, 2, 32},
                {"the longest", 8000, 1, 5},
                {"short ones again", 20, FACTS_DISKS_MAX, FACTS_DISKS_MAX},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new((size_t)1 << 20);
                const AgentFacts *told = NULL;
                WireError error;

                tell_disks(facts, rows[i].path_length);
                EXPECT(rows[i].about, facts_read(facts, now));
                EXPECT(rows[i].about, facts->payload.size <= FRAME_PAYLOAD_MAX);
                EXPECT_INT(rows[i].about,
                           tlv_read(arena, facts->payload.data, facts->payload.size,
                                    &type_AgentFacts, &told, &error),
                           0);
                EXPECT(rows[i].about,
                       told->disks.n >= rows[i].least && told->disks.n <= rows[i].most);
                EXPECT_STR(rows[i].about, ((const AgentDisk *)told->disks.items[0])->path, "/");
                EXPECT(rows[i].about, !facts_read(facts, now));
        }
}

int main(void)
{
        _cleanup_(loop_freep) Loop *loop = NULL;
        const AgentConfig config = {.pam_service = (char *)"guestops-agent"};
        Facts facts;

        if (loop_new(&loop) < 0)
                return EXIT_FAILURE;
        facts_init(&facts, loop, &config, on_change);
        test_room(&facts, loop_now(loop));
        facts_done(&facts);
        return test_end();
}
