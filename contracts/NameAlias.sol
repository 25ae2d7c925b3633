// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {INameAlias} from "./interfaces/INameAlias.sol";
import {INameOwner} from "./interfaces/INameOwner.sol";
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

    /// @notice The registry whose numbers are named.
    /// @return The registry.
    INumberRegistry public immutable registry;
    /// @notice Who says to whom a name belongs in ENS.
    /// @return The contract; zero where there is no ENS, and names go to whoever comes first.
    INameOwner public immutable owners;

    mapping(bytes32 label => Claim) private _claims;
    /// What the number claimed last; its name only if the claim still says so.
    mapping(uint256 number => bytes32) private _labels;

    /// @param registry_ The registry whose numbers are named.
    /// @param owners_ Who says to whom a name belongs in ENS; zero where there is no ENS.
    constructor(INumberRegistry registry_, INameOwner owners_) {
        registry = registry_;
        owners = owners_;
    }

    /// @inheritdoc INameAlias
    function claim(string calldata label, uint256 number) external {
        bytes32 word = Label.pack(label);
        if (word == 0) revert InvalidLabel(label);
        uint64 epoch = _requireOwner(number);
        address ensOwner = _ensOwner(label);
        if (ensOwner != msg.sender && address(owners) != address(0)) revert NotEnsOwner(label, msg.sender, ensOwner);
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
        return _resolve(entry, _ensOwner(label)) ? entry.number : 0;
    }

    /// @inheritdoc INameAlias
    function nameOf(uint256 number) external view returns (string memory) {
        bytes32 word = _labels[number];
        Claim memory entry = _claims[word];
        if (entry.number != number) return "";
        string memory label = Label.unpack(word);
        if (!_resolve(entry, _ensOwner(label))) return "";
        return string.concat(label, suffix());
    }

    /// @inheritdoc INameAlias
    function suffix() public view returns (string memory) {
        // A name for which ENS does not vouch must not look like one of ENS's.
        return address(owners) == address(0) ? ".tel" : ".eth";
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
        return entry.epoch == epoch && (address(owners) == address(0) || owner == ensOwner);
    }

    /// @dev The account that owns the name in ENS; zero without ENS.
    function _ensOwner(string memory label) private view returns (address) {
        return address(owners) == address(0) ? address(0) : owners.ownerOf(label);
    }
}
