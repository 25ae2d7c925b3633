// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {
    IENSRegistry,
    IEthRegistrar,
    INameWrapper,
    IPermissionedRegistry,
    IUniversalResolver
} from "../interfaces/IENS.sol";

/// @title The registry of ENS v1, in which a test sets the owners
contract EnsRegistryStandIn is IENSRegistry {
    mapping(bytes32 node => address) public owner;

    function setOwner(bytes32 node, address owner_) external {
        owner[node] = owner_;
    }
}

/// @title The registrar of ENS v1, in which a test sets the owners
contract EthRegistrarStandIn is IEthRegistrar {
    mapping(uint256 id => address) private _owners;

    function setOwner(uint256 id, address owner_) external {
        _owners[id] = owner_;
    }

    function ownerOf(uint256 id) external view returns (address owner) {
        owner = _owners[id];
        require(owner != address(0));
    }
}

interface IRealRegistrar is IEthRegistrar {
    function nameExpires(uint256 id) external view returns (uint256);
    function transferFrom(address from, address to, uint256 id) external;
    function reclaim(uint256 id, address owner) external;
}

/// @title The name wrapper of ENS v1, as far as a name of two labels goes
/// @notice The real one is on no package index in a form that this project could compile or run. What this one does is
///         what that one does: to wrap, it takes the registrar's token and burns the fuse that frees the name of its
///         parent (PARENT_CANNOT_CONTROL); its own expiry is the registrar's and the grace period; a name is nobody's
///         after that. It learns of a renewal only when it makes the renewal itself, or when it is told.
contract NameWrapperStandIn is INameWrapper {
    uint256 private constant GRACE_PERIOD = 90 days;
    bytes32 private constant ETH_NODE = 0x93cdeb708b7545dc668eb9280176169d1c33cfd8ed6f04690a0bcc88a93fc4ae;
    uint32 public constant CANNOT_UNWRAP = 1;

    struct Wrapped {
        address owner;
        uint32 fuses;
        uint64 expiry;
    }

    IRealRegistrar public immutable registrar;
    mapping(uint256 node => Wrapped) private _wrapped;

    constructor(IRealRegistrar registrar_) {
        registrar = registrar_;
    }

    function setOwner(uint256 node, address owner_) external {
        _wrapped[node] = Wrapped(owner_, 0, type(uint64).max);
    }

    function wrap(string calldata label, address owner_, uint32 fuses) external {
        uint256 id = uint256(keccak256(bytes(label)));
        registrar.transferFrom(msg.sender, address(this), id);
        registrar.reclaim(id, address(this));
        _wrapped[_node(id)] = Wrapped(owner_, fuses, uint64(registrar.nameExpires(id) + GRACE_PERIOD));
    }

    function unwrap(string calldata label, address to) external {
        uint256 id = uint256(keccak256(bytes(label)));
        Wrapped memory name = _wrapped[_node(id)];
        require(ownerOf(_node(id)) == msg.sender && name.fuses & CANNOT_UNWRAP == 0);
        delete _wrapped[_node(id)];
        registrar.reclaim(id, to);
        registrar.transferFrom(address(this), to, id);
    }

    function safeTransferFrom(address from, address to, uint256 node) external {
        require(from == msg.sender && ownerOf(node) == from);
        _wrapped[node].owner = to;
    }

    /// @dev What the wrapper does when it makes a renewal, or is told of one.
    function sync(string calldata label) external {
        uint256 id = uint256(keccak256(bytes(label)));
        _wrapped[_node(id)].expiry = uint64(registrar.nameExpires(id) + GRACE_PERIOD);
    }

    function ownerOf(uint256 node) public view returns (address) {
        Wrapped memory name = _wrapped[node];
        return name.expiry < block.timestamp ? address(0) : name.owner;
    }

    function _node(uint256 id) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(ETH_NODE, id)));
    }
}

/// @title The Universal Resolver of ENS v1: it has no function for registries, nor a fallback
contract UniversalResolverV1StandIn {
    function findResolver(bytes calldata) external pure returns (address) {
        return address(0);
    }
}

/// @title The Universal Resolver of ENS v2, as far as it names registries
contract UniversalResolverV2StandIn is IUniversalResolver {
    address private immutable _eth;

    constructor(address eth) {
        _eth = eth;
    }

    function findExactRegistry(bytes calldata name) external view returns (address) {
        return keccak256(name) == keccak256("\x03eth\x00") ? _eth : address(0);
    }
}

/// @title The proxy before them: it passes on what comes, and what comes back
contract UniversalResolverProxyStandIn {
    address public implementation;

    constructor(address implementation_) {
        implementation = implementation_;
    }

    function upgradeTo(address implementation_) external {
        implementation = implementation_;
    }

    fallback(bytes calldata question) external returns (bytes memory) {
        (bool ok, bytes memory answer) = implementation.staticcall(question);
        assembly {
            if iszero(ok) { revert(add(answer, 32), mload(answer)) }
            return(add(answer, 32), mload(answer))
        }
    }
}

/// @title The registry of .eth of ENS v2
/// @notice The real one is on no package index. This one has its states and the ways from one to another; the rights
///         that those need there are left out. A token's id changes with each right given: `regenerate` stands for that.
contract PermissionedRegistryStandIn is IPermissionedRegistry {
    struct Entry {
        uint32 version;
        uint64 expiry;
        address owner;
    }

    mapping(uint256 id => Entry) private _entries;

    /// @dev Without an owner the name is reserved. A reserved one keeps its expiry when `expiry` is 0.
    function register(string calldata label, address owner, uint64 expiry) external {
        Entry storage entry = _entry(uint256(keccak256(bytes(label))));
        bool live = block.timestamp < entry.expiry;
        require(!live || (entry.owner == address(0) && owner != address(0)), "not available");
        if (!live) ++entry.version;
        entry.expiry = live && expiry == 0 ? entry.expiry : expiry;
        entry.owner = owner;
    }

    function unregister(string calldata label) external {
        Entry storage entry = _entry(uint256(keccak256(bytes(label))));
        if (entry.owner != address(0)) {
            entry.owner = address(0);
            ++entry.version;
        }
        entry.expiry = uint64(block.timestamp);
    }

    function regenerate(string calldata label) external {
        ++_entry(uint256(keccak256(bytes(label)))).version;
    }

    function safeTransferFrom(address from, address to, uint256 id) external {
        Entry storage entry = _entry(id);
        require(from == msg.sender && entry.owner == from && uint32(id) == entry.version);
        entry.owner = to;
    }

    function getState(uint256 anyId) external view returns (State memory state) {
        Entry storage entry = _entry(anyId);
        state.expiry = entry.expiry;
        state.latestOwner = entry.owner;
        state.tokenId = anyId ^ uint32(anyId) ^ entry.version;
        state.resource = state.tokenId;
        if (block.timestamp >= entry.expiry) state.status = Status.AVAILABLE;
        else state.status = entry.owner == address(0) ? Status.RESERVED : Status.REGISTERED;
    }

    function _entry(uint256 anyId) private view returns (Entry storage) {
        return _entries[anyId ^ uint32(anyId)];
    }
}

/// @title Whatever a test has it answer, to any question
contract Oracle {
    enum Manner {
        ANSWER,
        REFUSE,
        SPEND_ALL,
        HUGE
    }

    Manner private _manner;
    bytes private _words;

    function set(Manner manner, bytes calldata words) external {
        (_manner, _words) = (manner, words);
    }

    fallback(bytes calldata) external returns (bytes memory) {
        Manner manner = _manner;
        bytes memory words = _words;
        if (manner == Manner.REFUSE) {
            assembly {
                revert(add(words, 32), mload(words))
            }
        }
        // Its own gas is the end.
        while (manner == Manner.SPEND_ALL) {}
        if (manner == Manner.HUGE) {
            // The words first, then as much as the gas can pay for.
            assembly {
                mstore(0, mload(add(words, 32)))
                return(0, 16000)
            }
        }
        return words;
    }
}
