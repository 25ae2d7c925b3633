// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IENSRegistry, INameWrapper} from "./interfaces/IENS.sol";
import {INameAlias} from "./interfaces/INameAlias.sol";
import {INumberRegistry} from "./interfaces/INumberRegistry.sol";
import {Label} from "./lib/Label.sol";

/// @title Names for numbers
/// @notice See INameAlias.
contract NameAlias is INameAlias {
    /// @dev In one slot. Void once the number has left the epoch.
    struct Claim {
        uint64 number;
        uint64 epoch;
    }

    /// namehash("eth"), ENSIP-1
    bytes32 private constant ETH_NODE = 0x93cdeb708b7545dc668eb9280176169d1c33cfd8ed6f04690a0bcc88a93fc4ae;

    /// @notice The registry whose numbers are named.
    /// @return The registry.
    INumberRegistry public immutable registry;
    /// @notice The ENS registry.
    /// @return The registry; zero where there is no ENS, and names go to whoever comes first.
    IENSRegistry public immutable ens;
    /// @notice The ENS name wrapper.
    /// @return The wrapper; zero when there is none.
    INameWrapper public immutable wrapper;

    mapping(bytes32 label => Claim) private _claims;
    /// What the number claimed last; its name only if the claim still says so.
    mapping(uint256 number => bytes32) private _labels;

    /// @param registry_ The registry whose numbers are named.
    /// @param ens_ The ENS registry; zero where there is no ENS.
    /// @param wrapper_ The ENS name wrapper; zero when there is none.
    constructor(INumberRegistry registry_, IENSRegistry ens_, INameWrapper wrapper_) {
        registry = registry_;
        ens = ens_;
        wrapper = wrapper_;
    }

    /// @inheritdoc INameAlias
    function claim(string calldata label, uint256 number) external {
        bytes32 word = Label.pack(label);
        if (word == 0) revert InvalidLabel(label);
        uint64 epoch = _requireOwner(number);
        address ensOwner = _ensOwner(bytes(label));
        if (ensOwner != msg.sender && address(ens) != address(0)) revert NotEnsOwner(label, msg.sender, ensOwner);
        Claim memory previous = _claims[word];
        if (_resolve(previous, ensOwner)) revert NameTaken(label, previous.number);
        if (previous.number != 0) emit NameReleased(previous.number, label);
        _dropLabel(number, epoch);
        _claims[word] = Claim(uint64(number), epoch);
        _labels[number] = word;
        emit NameClaimed(number, epoch, label);
        registry.refreshMetadata(number);
    }

    /// @inheritdoc INameAlias
    function release(uint256 number) external {
        uint64 epoch = _requireOwner(number);
        if (!_dropLabel(number, epoch)) revert NoName(number);
        delete _labels[number];
        registry.refreshMetadata(number);
    }

    /// @inheritdoc INameAlias
    function numberOf(string calldata label) external view returns (uint256) {
        bytes32 word = Label.pack(label);
        Claim memory entry = _claims[word];
        return _resolve(entry, _ensOwner(bytes(label))) ? entry.number : 0;
    }

    /// @inheritdoc INameAlias
    function nameOf(uint256 number) external view returns (string memory) {
        bytes32 word = _labels[number];
        Claim memory entry = _claims[word];
        if (entry.number != number) return "";
        string memory label = Label.unpack(word);
        if (!_resolve(entry, _ensOwner(bytes(label)))) return "";
        return string.concat(label, ".eth");
    }

    /// @dev Ends the claim of `number` in this epoch, whether ENS still vouches for it or not, so that a number never
    ///      has two.
    function _dropLabel(uint256 number, uint64 epoch) private returns (bool dropped) {
        bytes32 word = _labels[number];
        if (word == 0) return false;
        Claim storage entry = _claims[word];
        if (entry.number != number || entry.epoch != epoch) return false;
        delete _claims[word];
        emit NameReleased(number, Label.unpack(word));
        return true;
    }

    function _requireOwner(uint256 number) private view returns (uint64) {
        // The session counter is not asked for.
        // slither-disable-next-line unused-return
        (address owner, uint64 epoch,) = registry.custodyOf(number);
        if (msg.sender != owner) revert NotOwner(number, msg.sender, owner);
        return epoch;
    }

    /// @dev Whether the claim holds: it was made in the number's present epoch, and where there is ENS, the number's
    ///      owner owns the name there.
    function _resolve(Claim memory entry, address ensOwner) private view returns (bool) {
        if (entry.number == 0) return false;
        // The session counter is not asked for.
        // slither-disable-next-line unused-return
        (address owner, uint64 epoch,) = registry.custodyOf(entry.number);
        return entry.epoch == epoch && (address(ens) == address(0) || owner == ensOwner);
    }

    /// @dev The account that owns label.eth in ENS; zero without ENS.
    function _ensOwner(bytes memory label) private view returns (address owner) {
        if (address(ens) == address(0)) return address(0);
        bytes32 node = keccak256(abi.encode(ETH_NODE, keccak256(label)));
        owner = ens.owner(node);
        if (owner == address(wrapper) && owner != address(0)) owner = wrapper.ownerOf(uint256(node));
    }
}
