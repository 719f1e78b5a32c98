/* SPDX-License-Identifier: BSD-2-Clause */
/* What this plugin uses of QEMU's interface for TCG plugins, version 1 (QEMU 4.2 to 7.2). Debian
 * ships no header of it; the names and types are those that the qemu-system binary exports. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QEMU_PLUGIN_VERSION 1
#define QEMU_EXPORT         __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;

struct qemu_info {
    const char *target_name;
    struct {
        int oldest, current;
    } version; /* of the interface */
    bool whole_system;
    int harts, harts_most; /* only if whole_system */
};

enum qemu_registers { QEMU_REGISTERS_UNTOUCHED, QEMU_REGISTERS_READ, QEMU_REGISTERS_WRITTEN };
enum qemu_inline { QEMU_INLINE_ADD };
enum qemu_accesses { QEMU_LOADS = 1, QEMU_STORES, QEMU_ACCESSES };

/* What QEMU looks for in a plugin. Value: 0, or the plugin refuses. */
QEMU_EXPORT extern int qemu_plugin_version;
QEMU_EXPORT int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int count,
                                    char **arguments);

/* A block of guest code has been translated; the pointer is good during the call. */
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
                                           void (*)(uint64_t id, struct qemu_plugin_tb *));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
/* Where QEMU itself has the instruction in memory. */
void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *);

/* Whenever it is about to run: call, or add to the counter. */
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *,
                                          void (*)(unsigned hart, void *data), enum qemu_registers,
                                          void *data);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, enum qemu_inline,
                                              void *counter, uint64_t addend);

/* Whenever an instruction is about to run, and whenever it has made an access. */
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *,
                                            void (*)(unsigned hart, void *data),
                                            enum qemu_registers, void *data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *,
                                      void (*)(unsigned hart, uint32_t how, uint64_t address,
                                               void *data),
                                      enum qemu_registers, enum qemu_accesses, void *data);
bool qemu_plugin_mem_is_store(uint32_t how);
/* Only in the function above: what was accessed, and its physical address. */
struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(uint32_t how, uint64_t address);
bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *);
uint64_t qemu_plugin_hwaddr_phys_addr(const struct qemu_plugin_hwaddr *);

/* QEMU ends. */
void qemu_plugin_register_atexit_cb(uint64_t id, void (*)(uint64_t id, void *data), void *data);
/* Print on QEMU's log. */
void qemu_plugin_outs(const char *text);
