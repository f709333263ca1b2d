//! The handler of the signals that a crash raises.
//!
//! ```text
//! fault          the system calls `handler`, on the thread's alternate stack
//!   ▼
//! first crash    the work is done on a stack of its own. A crash of another thread meanwhile waits.
//!   ▼
//! the action     of before is restored, and the signal is sent to the thread again with all that the system
//!   ▼            has stated about it. It is delivered when the handler returns.
//! end            by the handler of before or by the system: same status, same core dump
//! ```
//!
//! The handler blocks all signals. So the system ends the process if the handler itself has a fault.

use std::{
    ffi::{c_int, c_void},
    io,
    mem::zeroed,
    ptr,
    sync::{
        OnceLock,
        atomic::{AtomicI32, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use rustix::{event::Timespec, thread::futex};

use super::{
    crash_process,
    crash_stack::{CrashStack, Pages},
    frame_pointers, signal_action,
};
pub(crate) use super::{
    crash_process::{Helper, ProcessEnd},
    end_timer::EndTimer,
};
use crate::{
    crash_signal::CrashSignal,
    crash_site::{CrashSite, FRAMES_MAX},
};

/// Maximum time that a thread waits for the snapshot of another thread's crash.
const OTHER_LIMIT: Duration = Duration::from_secs(12);
/// Maximum time that it waits after that for the end of the process.
const END_LIMIT: Duration = Duration::from_secs(2);

/// The function that the first crash of the process calls. It must make only calls that are allowed in a signal handler.
pub(crate) type Save = fn(&CrashSite);

struct Prepared {
    save: Save,
    /// The stack of the handler.
    stack: CrashStack,
    /// The stacks of the processes that do the work. All but the first are seldom used.
    process_stacks: [CrashStack; Helper::COUNT],
}

static PREPARED: OnceLock<Prepared> = OnceLock::new();
/// The actions before the installation.
static PREVIOUS: [OnceLock<libc::sigaction>; CrashSignal::COUNT] =
    [const { OnceLock::new() }; CrashSignal::COUNT];

/// The thread of the first crash; 0 if there was none.
static FIRST: AtomicI32 = AtomicI32::new(0);
/// 1 once the first crash has been saved.
static IS_SAVED: AtomicU32 = AtomicU32::new(0);

/// Handles the signals of crashes from now on. `save` is called once. A later call has no effect.
///
/// A signal that another process sends stays ignored if it is ignored. A fault cannot be ignored.
pub(crate) fn install(save: Save) -> io::Result<()> {
    if PREPARED.get().is_none() {
        let prepared = Prepared {
            save,
            stack: CrashStack::new(Pages::Now)?,
            process_stacks: [
                CrashStack::new(Pages::Now)?,
                CrashStack::new(Pages::WhenUsed)?,
                CrashStack::new(Pages::WhenUsed)?,
            ],
        };
        // Fails if another thread was quicker.
        let _ = PREPARED.set(prepared);
    }
    for (signal, previous) in CrashSignal::ALL.into_iter().zip(&PREVIOUS) {
        if previous.get().is_some() {
            continue;
        }
        let before = signal_action::of(signal.number())?;
        // No fault raises it, so it is ignored in any case. `abort` does not rely on it.
        if signal == CrashSignal::Abrt && before.sa_sigaction == libc::SIG_IGN {
            continue;
        }
        // Set first: the handler needs it.
        let _ = previous.set(before);
        // SAFETY: all bits of an action may be 0, and `sigfillset` initialises the mask. `handler` has the type
        // that SA_SIGINFO states, and makes only calls that are allowed in a signal handler.
        let status = unsafe {
            let mut own: libc::sigaction = zeroed();
            own.sa_sigaction = handler as *const () as usize;
            own.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigfillset(&raw mut own.sa_mask);
            libc::sigaction(signal.number(), &raw const own, ptr::null_mut())
        };
        if status != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// The state of the handler.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum HandlerState {
    /// It has not been installed.
    Absent,
    InForce,
    /// The signal has another action by now.
    Replaced(CrashSignal),
}

/// Returns the state of the handler.
pub(crate) fn state() -> HandlerState {
    let mut signals = CrashSignal::ALL.into_iter().zip(&PREVIOUS);
    let is_replaced = |(signal, previous): &(CrashSignal, &OnceLock<_>)| {
        previous.get().is_some()
            && signal_action::of(signal.number())
                .is_ok_and(|now| now.sa_sigaction != handler as *const () as usize)
    };
    match signals.find(is_replaced) {
        Some((signal, _)) => HandlerState::Replaced(signal),
        None if PREVIOUS.iter().all(|previous| previous.get().is_none()) => HandlerState::Absent,
        None => HandlerState::InForce,
    }
}

/// Runs `work` in a process that shares this one's memory. See [`crash_process::run`]. Only the function that the
/// handler calls may call this, once for each helper. Returns `None` if no process could be started.
pub(crate) fn in_process(
    helper: Helper,
    work: &mut dyn FnMut(),
    limit: Duration,
) -> Option<ProcessEnd> {
    let stack = *PREPARED.get()?.process_stacks.get(helper as usize)?;
    // SAFETY: the handler calls one function once in this process, which uses the helper and its stack once. The
    // work is that of a signal handler.
    unsafe { crash_process::run(helper, stack, work, limit) }
}

/// The part of a crash that a thread has.
enum Part {
    /// It is the first crash.
    First,
    /// The thread's crash has been saved. The action of before has caused another one.
    Saved,
    /// The handler itself has crashed.
    Nested,
    /// Another thread's crash came before.
    Other,
    /// The limit of another thread's crash has expired. See [`EndTimer`].
    Expired,
}

fn part() -> Part {
    let thread = rustix::thread::gettid().as_raw_nonzero().get();
    match FIRST.compare_exchange(0, thread, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => Part::First,
        Err(first) if first != thread => Part::Other,
        Err(_) if IS_SAVED.load(Ordering::Acquire) != 0 => Part::Saved,
        Err(_) => Part::Nested,
    }
}

/// The handler. Its frame is small, because it may be on a small stack.
extern "C" fn handler(number: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let errno = errno();
    let Some(signal) = CrashSignal::from_number(number) else {
        return;
    };
    // SAFETY: the system passes `info` to a handler with SA_SIGINFO, and it is valid until the handler returns.
    let code = unsafe { (*info).si_code };
    let part = match code {
        libc::SI_TIMER => Part::Expired,
        // A fault has a positive code.
        ..=0 if is_ignored(signal) => return,
        _ => part(),
    };
    let mut is_default = false;
    match part {
        Part::First => {
            if let Some(prepared) = PREPARED.get() {
                let mut work = || {
                    // SAFETY: the system passes both to a handler with SA_SIGINFO, and they are valid until
                    // the handler returns.
                    let site = unsafe { site(signal, info, context) };
                    (prepared.save)(&site);
                };
                // SAFETY: this is the first crash, so nothing else uses the stack. A panic of the work aborts
                // the process.
                unsafe { prepared.stack.call(&mut work) };
            }
            IS_SAVED.store(1, Ordering::Release);
            let _ = futex::wake(&IS_SAVED, futex::Flags::empty(), i32::MAX as u32);
        }
        Part::Saved => {}
        Part::Nested | Part::Expired => is_default = true,
        Part::Other => wait_for_first(),
    }
    // SAFETY: the system passes `info` to a handler with SA_SIGINFO, and it is valid until the handler returns.
    unsafe { send_again(signal, info, is_default) };
    // SAFETY: the system passes `context` to a handler with SA_SIGINFO, and it is valid and this handler's own until
    // the handler returns.
    unsafe { repeat_breakpoint(signal, code, &mut *context.cast()) };
    set_errno(errno);
}

/// Returns whether the process ignored the signal before.
fn is_ignored(signal: CrashSignal) -> bool {
    let before = PREVIOUS.get(signal as usize).and_then(OnceLock::get);
    before.is_some_and(|before| before.sa_sigaction == libc::SIG_IGN)
}

/// Waits until the first crash is saved, and then for the end of the process. So the process ends by the first
/// crash.
fn wait_for_first() {
    for (limit, is_over) in [(OTHER_LIMIT, 1), (END_LIMIT, 2)] {
        let start = Instant::now();
        loop {
            let state = IS_SAVED.load(Ordering::Acquire);
            let left = limit.saturating_sub(start.elapsed());
            if state >= is_over || left.is_zero() {
                break;
            }
            let left = Timespec {
                tv_sec: left.as_secs().try_into().unwrap_or(i64::MAX),
                tv_nsec: left.subsec_nanos().into(),
            };
            let _ = futex::wait(&IS_SAVED, futex::Flags::empty(), state, Some(&left));
        }
    }
}

/// Restores the action of before, or the default action, and sends the signal to this thread again. The thread
/// blocks it until the handler returns.
///
/// # Safety
///
/// `info` is valid.
unsafe fn send_again(signal: CrashSignal, info: *const libc::siginfo_t, is_default: bool) {
    let number = signal.number();
    // SAFETY: all bits of an action may be 0: the default action with an empty mask.
    let default: libc::sigaction = unsafe { zeroed() };
    let before = match PREVIOUS.get(signal as usize).and_then(OnceLock::get) {
        Some(before) if !is_default => before,
        _ => &default,
    };
    // SAFETY: the action was the process's own before, or is the default action. The system copies what `info`
    // leads to, and permits any content of a signal that a thread sends to itself.
    unsafe {
        libc::sigaction(number, before, ptr::null_mut());
        let (process, thread) = (libc::getpid(), libc::syscall(libc::SYS_gettid));
        if libc::syscall(libc::SYS_rt_tgsigqueueinfo, process, thread, number, info) != 0 {
            libc::syscall(libc::SYS_tgkill, process, thread, number);
        }
    }
}

/// Lets the program reach a breakpoint again, if the signal that was just sent has been discarded: the first process
/// of a container gets no signal whose action is the default one, apart from faults. All other faults happen again
/// when the handler returns.
#[cfg(target_arch = "x86_64")]
fn repeat_breakpoint(signal: CrashSignal, code: c_int, context: &mut libc::ucontext_t) {
    /// The code of a breakpoint instruction, which is one byte long.
    const SI_KERNEL: c_int = 0x80;
    const BREAKPOINT: u8 = 0xCC;
    // SAFETY: the call has no conditions.
    let is_first = unsafe { libc::getpid() } == 1;
    let is_default =
        signal_action::of(signal.number()).is_ok_and(|action| action.sa_sigaction == libc::SIG_DFL);
    if signal == CrashSignal::Trap && code == SI_KERNEL && is_first && is_default {
        let next = &mut context.uc_mcontext.gregs[libc::REG_RIP as usize];
        let instruction = (*next as usize).wrapping_sub(1);
        if frame_pointers::byte_at(instruction) == Some(BREAKPOINT) {
            *next -= 1;
        }
    }
}

/// The instruction is repeated in any case.
#[cfg(target_arch = "aarch64")]
fn repeat_breakpoint(_signal: CrashSignal, _code: c_int, _context: &mut libc::ucontext_t) {}

/// Describes a crash.
///
/// # Safety
///
/// Both pointers are what the system has passed to a handler with SA_SIGINFO.
unsafe fn site(
    signal: CrashSignal,
    info: *const libc::siginfo_t,
    context: *const c_void,
) -> CrashSite {
    // SAFETY: the caller states that it is valid. A signal of the system has an address, and one of a process
    // has its id. The function that is called for the other kind reads bytes of the same structure.
    let (code, address, sender) = unsafe {
        let info = &*info;
        if info.si_code > 0 {
            (info.si_code, info.si_addr().addr(), 0)
        } else {
            (info.si_code, 0, info.si_pid())
        }
    };
    // SAFETY: the caller states that it is valid.
    let (instruction, frame) = unsafe { registers(&*context.cast::<libc::ucontext_t>()) };
    let mut frames = [0; FRAMES_MAX];
    let frame_count = frame_pointers::walk(frame, &mut frames);
    CrashSite {
        signal,
        code,
        address,
        sender: sender.cast_unsigned(),
        instruction,
        frames,
        frame_count,
    }
}

/// Returns the address of the instruction, and the frame pointer.
#[cfg(target_arch = "x86_64")]
fn registers(context: &libc::ucontext_t) -> (usize, usize) {
    let registers = &context.uc_mcontext.gregs;
    let register = |index: c_int| registers[index as usize] as usize;
    (register(libc::REG_RIP), register(libc::REG_RBP))
}

/// Returns the address of the instruction, and the frame pointer.
#[cfg(target_arch = "aarch64")]
fn registers(context: &libc::ucontext_t) -> (usize, usize) {
    let registers = &context.uc_mcontext;
    (registers.pc as usize, registers.regs[29] as usize)
}

fn errno() -> c_int {
    // SAFETY: the function returns the address of the thread's own variable.
    unsafe { *libc::__errno_location() }
}

fn set_errno(errno: c_int) {
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = errno };
}
