/// A register of BPF's machine (RFC 9669, 2). `r1` to `r5` hold arguments and are lost in a call, `r0` its result;
/// `r6` to `r9` survive it. `frame` is the end of the 512 bytes of stack, and is only read.
public enum BPFRegister: UInt8, Sendable, Hashable {
  case r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, frame
}

/// How much a load or store moves (RFC 9669, 5).
public enum BPFSize: UInt8, Sendable, Hashable {
  case byte = 0x10
  case half = 0x08
  case word = 0x00
  case doubleWord = 0x18
}

/// What a jump asks of a register (RFC 9669, 4.3).
public enum BPFCondition: UInt8, Sendable, Hashable {
  case equal = 0x10
  case notEqual = 0x50
}

/// Functions of the kernel that programs may call (bpf-helpers(7)).
public enum BPFHelper: Int32, Sendable, Hashable {
  case mapLookup = 1
  case mapUpdate = 2
  case mapDelete = 3
  /// The number of the context's socket, never given twice.
  case socketCookie = 46
  /// The number of the network namespace of the context's socket, never given twice.
  case networkCookie = 122
  /// A socket as one of MPTCP, or one of the TCP sockets under it; zero for every other. Only where the kernel describes
  /// its own types (CONFIG_DEBUG_INFO_BTF).
  case asMultipath = 196
}

/// One instruction, as far as programs here need them.
public enum BPFInstruction: Sendable, Hashable {
  /// `to = from`, all 64 bits.
  case move(BPFRegister, BPFRegister)
  /// `to = value`, with its sign.
  case set(BPFRegister, Int32)
  /// `to += value`.
  case add(BPFRegister, Int32)
  /// `to = *(base + offset)`, the rest of the register zero.
  case load(BPFSize, BPFRegister, base: BPFRegister, Int16)
  /// `*(base + offset) = from`.
  case store(BPFSize, base: BPFRegister, Int16, BPFRegister)
  /// `*(base + offset) = value`.
  case storeValue(BPFSize, base: BPFRegister, Int16, Int32)
  /// `to =` a map, by its descriptor in the process that loads the program. Takes two instructions' room.
  case map(BPFRegister, Int32)
  /// Goes on at a label where a register is what it is asked to be, all 64 bits.
  case jump(BPFCondition, BPFRegister, Int32, to: String)
  /// The same with another register.
  case jumpRegister(BPFCondition, BPFRegister, BPFRegister, to: String)
  case call(BPFHelper)
  /// Ends the program with the result in `r0`.
  case exit
  /// A place that jumps name; no instruction of its own.
  case label(String)

  /// How many times eight bytes it takes.
  var slots: Int {
    switch self {
    case .label: 0
    case .map: 2
    default: 1
    }
  }
}

/// Turns instructions into the bytes that the kernel takes.
public enum BPFAssembler {
  /// Eight bytes an instruction, as RFC 9669, 3 lays them out on a little-endian machine (all that Apus is built for).
  ///
  /// A jump to a label that is not there, or is there twice, is a mistake in the program and ends the process.
  public static func assemble(_ program: [BPFInstruction]) -> [UInt8] {
    var places: [String: Int] = [:]
    var place = 0
    for instruction in program {
      if case .label(let name) = instruction {
        precondition(places.updateValue(place, forKey: name) == nil, "label \(name) is there twice")
      }
      place += instruction.slots
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(place * 8)
    place = 0
    for instruction in program {
      place += instruction.slots
      func distance(_ label: String) -> Int16 {
        guard let target = places[label] else { preconditionFailure("no label \(label)") }
        // From the instruction that follows.
        return Int16(target - place)
      }
      switch instruction {
      case .move(let to, let from): bytes += encode(0xBF, to, from)
      case .set(let to, let value): bytes += encode(0xB7, to, immediate: value)
      case .add(let to, let value): bytes += encode(0x07, to, immediate: value)
      case .load(let size, let to, let base, let offset): bytes += encode(0x61 | size.rawValue, to, base, offset)
      case .store(let size, let base, let offset, let from): bytes += encode(0x63 | size.rawValue, base, from, offset)
      case .storeValue(let size, let base, let offset, let value):
        bytes += encode(0x62 | size.rawValue, base, offset: offset, immediate: value)
      case .map(let to, let descriptor):
        // The source register says that the number is a map's descriptor (BPF_PSEUDO_MAP_FD).
        bytes += encode(0x18, to, .r1, immediate: descriptor) + [UInt8](repeating: 0, count: 8)
      case .jump(let condition, let register, let value, let label):
        bytes += encode(0x05 | condition.rawValue, register, offset: distance(label), immediate: value)
      case .jumpRegister(let condition, let register, let other, let label):
        bytes += encode(0x0D | condition.rawValue, register, other, distance(label))
      case .call(let helper): bytes += encode(0x85, .r0, immediate: helper.rawValue)
      case .exit: bytes += encode(0x95, .r0)
      case .label: break
      }
    }
    return bytes
  }

  private static func encode(
    _ code: UInt8, _ destination: BPFRegister, _ source: BPFRegister = .r0, _ offset: Int16 = 0, immediate: Int32 = 0
  ) -> [UInt8] {
    let offset = UInt16(bitPattern: offset)
    let value = UInt32(bitPattern: immediate)
    return [code, source.rawValue << 4 | destination.rawValue, UInt8(offset & 255), UInt8(offset >> 8)]
      + (0..<4).map { UInt8(value >> ($0 * 8) & 255) }
  }

  private static func encode(
    _ code: UInt8, _ destination: BPFRegister, offset: Int16, immediate: Int32
  ) -> [UInt8] { encode(code, destination, .r0, offset, immediate: immediate) }
}
