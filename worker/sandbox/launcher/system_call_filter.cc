#include "worker/sandbox/launcher/system_call_filter.h"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>

namespace assay {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "the sandbox's filter is written for x86-64 and 64-bit ARM"
#endif

// Numbers that glibc's headers of Debian 12 may lack; the same on every architecture.
constexpr uint32_t kMemfdSecret = 447;
constexpr uint32_t kProcessMrelease = 448;

// Refused whatever the arguments are.
constexpr uint32_t kRefused[] = {
    // Mounts and namespaces.
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_unshare, SYS_setns, SYS_open_tree,
    SYS_move_mount, SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_mount_setattr,
    SYS_swapon, SYS_swapoff, SYS_quotactl, SYS_quotactl_fd, SYS_acct, SYS_open_by_handle_at,
    SYS_fanotify_init,
    // Other processes.
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, SYS_pidfd_getfd,
    SYS_process_madvise, kProcessMrelease, SYS_migrate_pages, SYS_move_pages,
    // The kernel and the machine.
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_io_uring_setup, SYS_io_uring_enter,
    SYS_io_uring_register, SYS_add_key, SYS_request_key, SYS_keyctl, SYS_init_module,
    SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_kexec_file_load, SYS_reboot,
    SYS_syslog, SYS_settimeofday, SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime,
    SYS_sethostname, SYS_setdomainname, SYS_personality, SYS_vhangup,
#if defined(__x86_64__)
    SYS_iopl, SYS_ioperm, SYS_modify_ldt,
#endif
    // Memory that no process's size shows.
    SYS_memfd_create, kMemfdSecret, SYS_shmget, SYS_shmat, SYS_msgget, SYS_semget, SYS_mq_open,
    // Shares of the processors.
    SYS_setpriority, SYS_ioprio_set, SYS_sched_setaffinity, SYS_sched_setscheduler,
    SYS_sched_setparam, SYS_sched_setattr, SYS_mbind, SYS_set_mempolicy};

class FilterBuilder {
 public:
  FilterBuilder() {
    Add(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch));
    Jump(BPF_JEQ, kArchitecture, 1, 0);
    Return(SECCOMP_RET_KILL_PROCESS);
    Add(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
#if defined(__x86_64__)
    constexpr uint32_t kX32Bit = 0x40000000;
    Jump(BPF_JGE, kX32Bit, 0, 1);
    Return(SECCOMP_RET_KILL_PROCESS);
#endif
  }

  void Refuse(uint32_t call, int error = EPERM) {
    Jump(BPF_JEQ, call, 0, 1);
    ReturnError(error);
  }

  // Refuses the call when (argument & mask) is one of `values`. No later rule sees the call.
  void RefuseWhen(uint32_t call, int argument, uint32_t mask,
                  std::initializer_list<uint32_t> values) {
    Jump(BPF_JEQ, call, 0, static_cast<uint8_t>(3 + 2 * values.size()));
    LoadArgument(argument);
    Add(BPF_ALU | BPF_AND | BPF_K, mask);
    for (uint32_t value : values) {
      Jump(BPF_JEQ, value, 0, 1);
      ReturnError(EPERM);
    }
    Return(SECCOMP_RET_ALLOW);
  }

  // Refuses the call when the argument has any of the bits. No later rule sees the call.
  void RefuseAnyBit(uint32_t call, int argument, uint32_t bits) {
    Jump(BPF_JEQ, call, 0, 4);
    LoadArgument(argument);
    Jump(BPF_JSET, bits, 0, 1);
    ReturnError(EPERM);
    Return(SECCOMP_RET_ALLOW);
  }

  // Refuses the call unless the argument is one of `values`. No later rule sees the call.
  void RefuseUnless(uint32_t call, int argument, std::initializer_list<uint32_t> values) {
    Jump(BPF_JEQ, call, 0, static_cast<uint8_t>(2 + 2 * values.size()));
    LoadArgument(argument);
    for (uint32_t value : values) {
      Jump(BPF_JEQ, value, 0, 1);
      Return(SECCOMP_RET_ALLOW);
    }
    ReturnError(EPERM);
  }

  std::vector<sock_filter> Take() {
    Return(SECCOMP_RET_ALLOW);
    return std::move(program_);
  }

 private:
  void Add(uint16_t code, uint32_t operand) { program_.push_back({code, 0, 0, operand}); }
  void Jump(uint16_t test, uint32_t operand, uint8_t when_true, uint8_t when_false) {
    program_.push_back(
        {static_cast<uint16_t>(BPF_JMP | test | BPF_K), when_true, when_false, operand});
  }
  void Return(uint32_t action) { Add(BPF_RET | BPF_K, action); }
  void ReturnError(int error) {
    Return(SECCOMP_RET_ERRNO | (static_cast<uint32_t>(error) & SECCOMP_RET_DATA));
  }
  // The lower half: the arguments that are looked at are ints, or flags within 32 bits.
  void LoadArgument(int index) {
    Add(BPF_LD | BPF_W | BPF_ABS,
        static_cast<uint32_t>(offsetof(seccomp_data, args) + index * sizeof(uint64_t)));
  }

  std::vector<sock_filter> program_;
};

constexpr uint32_t kAllBits = ~uint32_t{0};
constexpr uint32_t kNewNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

}  // namespace

std::vector<sock_filter> SystemCallFilter(std::optional<pid_t> only_process) {
  FilterBuilder filter;
  for (uint32_t call : kRefused) filter.Refuse(call);
  // Its flags are behind a pointer, which a filter cannot follow; libraries fall back to clone.
  filter.Refuse(SYS_clone3, ENOSYS);
  filter.RefuseAnyBit(SYS_clone, 0, kNewNamespaces);
  filter.RefuseUnless(SYS_socket, 0, {AF_UNIX});
  filter.RefuseWhen(SYS_mmap, 3, MAP_SHARED | MAP_ANONYMOUS, {MAP_SHARED | MAP_ANONYMOUS});
  // By these a file's signals go to a process of one's choice.
  filter.RefuseWhen(SYS_fcntl, 1, kAllBits, {F_SETOWN, F_SETOWN_EX, F_SETSIG, F_SETPIPE_SZ});
  // Together with larger pipes: the kernel's memory, which counts for no process.
  filter.RefuseWhen(SYS_setsockopt, 2, kAllBits, {SO_SNDBUF, SO_SNDBUFFORCE});
  filter.RefuseWhen(SYS_ioctl, 1, kAllBits, {FIOSETOWN, SIOCSPGRP, TIOCSTI, TIOCLINUX});
  if (only_process.has_value()) {
    const auto self = static_cast<uint32_t>(*only_process);
    filter.RefuseUnless(SYS_kill, 0, {self, 0});
    filter.RefuseUnless(SYS_tgkill, 0, {self});
    filter.RefuseUnless(SYS_prlimit64, 0, {self, 0});
    filter.Refuse(SYS_tkill);
    filter.Refuse(SYS_rt_sigqueueinfo);
    filter.Refuse(SYS_rt_tgsigqueueinfo);
    filter.Refuse(SYS_pidfd_open);
    filter.Refuse(SYS_pidfd_send_signal);
  }
  return filter.Take();
}

}  // namespace assay
