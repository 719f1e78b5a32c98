/* SPDX-License-Identifier: BSD-2-Clause */
/* A search by running again: the path of choices so far is a stack of nodes. Each execution follows
 * it and then goes on by default; then the deepest node that has something untried left gets a new
 * choice, and everything behind it is forgotten. */
#include "explore.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#define STACK_BYTES 65536
#define DEPTH_MAX   20000

struct access {
    const volatile void *read, *written; /* NULL: none */
};

struct agent {
    ucontext_t context;
    void (*body)(void *);
    void *argument;
    struct access next; /* what it does when it goes on */
    const uint64_t *until;
    bool ended;
    char stack[STACK_BYTES] __attribute__((aligned(16)));
};

/* A point with its choice. Sets of agents are bit masks. */
struct node {
    uint8_t choice, enabled, tried;
    uint8_t todo;   /* to be tried, as far as is known */
    uint8_t asleep; /* whatever these do next has been tried in an order that looks the same */
    uint8_t before; /* who came here */
    uint32_t preemptions;
    struct access access; /* of the choice */
    /* For each agent: 1 + its last step that this one comes after, whatever the order of others. */
    uint32_t clock[AGENTS];
};

void (*explore_enter)(void *argument);
void (*explore_step)(void);

static struct agent agents[AGENTS];
static unsigned count, running;
static ucontext_t searcher;
static struct node path[DEPTH_MAX];
static unsigned length, depth; /* of the path; of the execution */
static bool failed;
static uint32_t bound; /* of preemptions */
#define NO_BOUND (~0u)

static void start(void)
{
    agents[running].body(agents[running].argument);
    agents[running].ended = true;
    swapcontext(&agents[running].context, &searcher);
}

void explore_agent(void (*body)(void *argument), void *argument)
{
    struct agent *agent = &agents[count++];

    agent->body = body;
    agent->argument = argument;
    agent->ended = false;
    agent->until = NULL;
    agent->next = (struct access){NULL, NULL};
    getcontext(&agent->context);
    agent->context.uc_stack.ss_sp = agent->stack;
    agent->context.uc_stack.ss_size = sizeof agent->stack;
    makecontext(&agent->context, start, 0);
}

static bool in_execution;

static void leave(void)
{
    swapcontext(&agents[running].context, &searcher);
}

void explore_point(const volatile void *address, bool writes)
{
    if (!in_execution)
        return; /* the beginning and the end of a scenario are nobody's */
    if (explore_step)
        explore_step();
    agents[running].next = (struct access){writes ? NULL : address, writes ? address : NULL};
    leave();
}

void explore_kernel(const volatile void *reads, const volatile void *writes)
{
    if (!in_execution)
        return;
    agents[running].next = (struct access){reads, writes};
    leave();
}

void explore_block(const uint64_t *until)
{
    agents[running].until = until;
    agents[running].next = (struct access){until, NULL};
    leave();
    agents[running].until = NULL;
}

static bool can_go_on(const struct agent *agent)
{
    return !agent->ended && (!agent->until || *agent->until);
}

static uint8_t all_enabled(void)
{
    uint8_t enabled = 0;

    for (unsigned i = 0; i < count; i++)
        enabled |= (uint8_t)(can_go_on(&agents[i]) << i);
    return enabled;
}

static bool independent(const struct access *a, const struct access *b)
{
    return !(a->written && (a->written == b->written || a->written == b->read)) &&
           !(b->written && b->written == a->read);
}

/* Who sleeps behind a node: whom nothing of what was done there concerns. */
static uint8_t still_asleep(const struct node *node)
{
    uint8_t asleep = 0;

    for (unsigned i = 0; bound == NO_BOUND && i < count; i++) {
        if (((node->asleep | node->tried) & ~(1u << node->choice)) >> i & 1 &&
            independent(&agents[i].next, &agents[node->choice].next))
            asleep |= (uint8_t)(1u << i);
    }
    return asleep;
}

/* The step of the last node on the path is about to be made: after which others does it come? */
static void set_clock(void)
{
    struct node *node = &path[depth];

    node->access = agents[node->choice].next;
    memset(node->clock, 0, sizeof node->clock);
    for (unsigned i = 0; i < depth; i++) {
        if (path[i].choice != node->choice && independent(&path[i].access, &node->access))
            continue;
        for (unsigned agent = 0; agent < count; agent++) {
            if (path[i].clock[agent] > node->clock[agent])
                node->clock[agent] = path[i].clock[agent];
        }
    }
    node->clock[node->choice] = depth + 1;
}

/* An agent's next step and an earlier one of another, of which neither comes after the other by
 * what is between them, are to be tried in the other order too: the last such pair for each agent
 * (Flanagan and Godefroid, Dynamic Partial-Order Reduction for Model Checking Software, 2005). */
static void find_races(void)
{
    for (unsigned agent = 0; agent < count; agent++) {
        uint32_t after[AGENTS] = {0};
        int i = (int)depth - 1;

        if (agents[agent].ended)
            continue;
        for (int own = i; own >= 0; own--) {
            if (path[own].choice == agent) {
                memcpy(after, path[own].clock, sizeof after);
                break;
            }
        }
        while (i >= 0 && (path[i].choice == agent || after[path[i].choice] >= (uint32_t)i + 1 ||
                          independent(&path[i].access, &agents[agent].next)))
            i--;
        if (i >= 0)
            path[i].todo |= path[i].enabled >> agent & 1 ? (uint8_t)(1u << agent) : path[i].enabled;
    }
}

static char schedule[DEPTH_MAX + 1];

static void print_schedule(void)
{
    for (unsigned i = 0; i < depth; i++)
        schedule[i] = (char)('0' + path[i].choice);
    schedule[depth] = 0;
    printf("HEDDLE_SCHEDULE=%s\n", schedule);
}

void explore_require(bool holds, const char *what, const char *file, int line)
{
    if (holds || failed)
        return;
    printf("%s:%d: not true: %s\n", file, line, what);
    print_schedule();
    failed = true;
    if (in_execution)
        leave(); /* for ever */
}

static bool preempts(const struct node *node)
{
    return node->choice != node->before && node->enabled >> node->before & 1;
}

/* The choice of a new node: who ran last, if it can, else the first. Value: false: all that can go
 * on sleep, so the rest of this execution is known. */
static bool choose(struct node *node, uint8_t enabled, uint8_t asleep)
{
    uint8_t awake = enabled & (uint8_t)~asleep;

    if (!awake)
        return false;
    *node = (struct node){.enabled = enabled, .asleep = asleep, .before = (uint8_t)running};
    node->preemptions = depth ? path[depth - 1].preemptions + preempts(&path[depth - 1]) : 0;
    node->choice = (uint8_t)(awake >> running & 1 ? running : (unsigned)__builtin_ctz(awake));
    return true;
}

/* Value: whether it came to its end, instead of being cut short. */
static bool execute(const struct scenario *scenario, const char *replay)
{
    uint8_t asleep = 0, enabled;
    bool whole = true;

    count = running = depth = 0;
    scenario->begin();
    in_execution = true;
    while (!failed && (enabled = all_enabled()) != 0) {
        struct node *node = &path[depth];

        if (depth >= length && bound == NO_BOUND)
            find_races();
        if (depth == DEPTH_MAX) {
            printf("%s: longer than %u accesses\n", scenario->name, DEPTH_MAX);
            failed = true;
            break;
        }
        if (replay) {
            *node = (struct node){.enabled = enabled};
            node->choice = (uint8_t)(*replay ? *replay++ - '0' : __builtin_ctz(enabled));
            if (node->choice >= count || !(enabled >> node->choice & 1)) {
                printf("%s: agent %u cannot go on at step %u\n", scenario->name, node->choice,
                       depth);
                failed = true;
                break;
            }
        } else if (depth >= length && !choose(node, enabled, asleep)) {
            whole = false;
            break;
        }
        asleep = still_asleep(node);
        if (depth >= length || depth + 1 == length)
            set_clock();
        depth++;
        running = node->choice;
        if (explore_enter)
            explore_enter(agents[running].argument);
        swapcontext(&searcher, &agents[running].context);
    }
    in_execution = false;
    length = depth;
    if (whole && !failed) {
        explore_require(agents[0].ended, "somebody can go on until all is done", scenario->name, 0);
        if (!failed)
            scenario->end();
    }
    return whole;
}

/* Make the path the next one. Value: false: there is none. */
static bool advance(void)
{
    while (length > 0) {
        struct node *node = &path[length - 1];
        uint8_t left;

        node->tried |= (uint8_t)(1u << node->choice);
        left = node->enabled & (uint8_t) ~(node->tried | node->asleep);
        if (bound == NO_BOUND)
            left &= node->todo;
        if (bound != NO_BOUND && node->preemptions >= bound && node->enabled >> node->before & 1)
            left &= (uint8_t)(1u << node->before);
        if (left) {
            node->choice = (uint8_t)__builtin_ctz(left);
            return true;
        }
        length--;
    }
    return false;
}

/* Value: whether all within the bound were run. */
static bool search(const struct scenario *scenario, uint64_t limit, const char *replay)
{
    uint64_t executions = 0, cut = 0, longest = 0;
    bool more = true;

    length = 0;
    while (more && !failed && executions < limit) {
        cut += !execute(scenario, replay);
        executions++;
        longest = depth > longest ? depth : longest;
        more = !replay && advance();
    }
    printf("%s: ", scenario->name);
    if (bound != NO_BOUND)
        printf("up to %u preemptions: ", bound);
    printf("%lu executions, %lu of them cut short, of up to %lu accesses: %s%s\n", executions, cut,
           longest, failed ? "FAILED" : "right", more && !failed ? ", more are left" : "");
    fflush(stdout);
    return !more;
}

bool explore(const struct scenario *scenario, uint64_t limit)
{
    const char *replay = getenv("HEDDLE_SCHEDULE");
    bool all;

    failed = false;
    bound = NO_BOUND;
    all = search(scenario, limit, replay);
    for (bound = 0; !all && !failed; bound++) {
        if (!search(scenario, limit, NULL))
            break;
    }
    return !failed;
}

bool explore_twin(const struct scenario *scenario, uint64_t limit)
{
    static char found[DEPTH_MAX + 1];

    if (explore(scenario, limit))
        return false;
    strcpy(found, schedule);
    failed = false;
    bound = NO_BOUND;
    (void)search(scenario, 1, found);
    return failed && strcmp(found, schedule) == 0;
}

static unsigned wanted;

bool explore_is_wanted(const struct scenario *scenario, const char *name)
{
    bool is = !name || strcmp(name, scenario->name) == 0;

    wanted += is;
    return is;
}

int explore_result(bool right)
{
    if (wanted == 0)
        fprintf(stderr, "no scenario of that name\n");
    return right && wanted > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
