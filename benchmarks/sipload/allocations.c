/* Counts what Python allocates: the allocators of objects and of their parts, each with a counter before it.
   Built and loaded by allocations.py; needs no header of Python (the struct is PyMemAllocatorEx of its C API). */
#include <stddef.h>

struct allocator {
    void *context;
    void *(*malloc)(void *, size_t);
    void *(*calloc)(void *, size_t, size_t);
    void *(*realloc)(void *, void *, size_t);
    void (*free)(void *, void *);
};

enum { MEMORY = 1, OBJECTS = 2 }; /* PyMemAllocatorDomain */

static struct allocator inner[3];
static long long blocks;

static void *counted_malloc(void *context, size_t size) {
    struct allocator *to = context;
    blocks++;
    return to->malloc(to->context, size);
}

static void *counted_calloc(void *context, size_t count, size_t size) {
    struct allocator *to = context;
    blocks++;
    return to->calloc(to->context, count, size);
}

static void *counted_realloc(void *context, void *block, size_t size) {
    struct allocator *to = context;
    blocks++;
    return to->realloc(to->context, block, size);
}

static void counted_free(void *context, void *block) {
    struct allocator *to = context;
    to->free(to->context, block);
}

typedef void access(int, struct allocator *);

void begin(access *get, access *set) {
    blocks = 0;
    for (int domain = MEMORY; domain <= OBJECTS; domain++) {
        get(domain, &inner[domain]);
        struct allocator counted = {&inner[domain], counted_malloc, counted_calloc, counted_realloc, counted_free};
        set(domain, &counted);
    }
}

long long end(access *set) {
    for (int domain = MEMORY; domain <= OBJECTS; domain++)
        set(domain, &inner[domain]);
    return blocks;
}
