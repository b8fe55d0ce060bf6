import CLinux

/// What the C library's allocator does with memory that is free again.
public enum Allocator {
  /// Has glibc keep some freed memory from the beginning: up to twice so many bytes at the end of each of its heaps, and blocks
  /// up to that size in the heaps.
  ///
  /// It begins with 128 KiB and raises both by itself when a larger block is freed (mallopt(3), `M_MMAP_THRESHOLD`), which may
  /// be late or never. A server that needs a few hundred kilobytes for each of many small bursts, as for what a thousand
  /// clients are told at once, has till then the kernel take the same pages away and clear them anew each time.
  /// - Parameter size: more than what it begins with; what it has raised further stays.
  public static func keepFreed(upTo size: Int) { apus_raise_malloc_thresholds(size) }
}
