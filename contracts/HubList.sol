// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IHubList} from "./interfaces/IHubList.sol";
import {SipUri} from "./lib/SipUri.sol";

/// @title The hubs and their nodes
/// @notice See IHubList.
contract HubList is IHubList {
    /// @dev What every change of a hub or its nodes reads and writes is in the first slot.
    struct Entry {
        address operator;
        /// whether the bond is still here
        bool bonded;
        uint56 exitAt;
        uint32 nodeCount;
        address pendingOperator;
        string uri;
        bytes32 pin;
        bytes32 previousPin;
    }

    /// @notice What a hub deposits when it enters the list.
    /// @return The bond, in wei.
    uint256 public constant BOND = 0.1 ether;
    /// @notice How long before it leaves a hub must say so.
    /// @return The delay, in seconds.
    uint64 public constant EXIT_DELAY = 7 days;

    /// @inheritdoc IHubList
    uint32 public hubCount;
    /// @inheritdoc IHubList
    uint64 public version;

    /// By id. One that left keeps its entry, so that ids are never used again.
    mapping(uint32 hubId => Entry) private _hubs;
    mapping(uint32 hubId => mapping(uint32 index => Node)) private _nodes;

    /// @dev Lets the operator change a hub that has not left, and counts the change.
    modifier byOperator(uint32 hubId) {
        Entry storage h = _hubs[hubId];
        if (msg.sender != h.operator) revert NotOperator(hubId, msg.sender, h.operator);
        if (!h.bonded) revert HubLeft(hubId);
        ++version;
        _;
    }

    /// @inheritdoc IHubList
    function addHub(string calldata uri, bytes32 pin) external payable returns (uint32 hubId) {
        if (msg.value != BOND) revert WrongBond(BOND, msg.value);
        _requireUri(uri);
        _requireNewPin(pin, 0);
        ++version;
        hubId = ++hubCount;
        Entry storage h = _hubs[hubId];
        h.operator = msg.sender;
        h.uri = uri;
        h.pin = pin;
        h.bonded = true;
        emit HubAdded(hubId, msg.sender, uri, pin);
    }

    /// @inheritdoc IHubList
    function setHub(uint32 hubId, string calldata uri) external byOperator(hubId) {
        _requireUri(uri);
        _hubs[hubId].uri = uri;
        emit HubChanged(hubId, uri);
    }

    /// @inheritdoc IHubList
    function rotateHubPin(uint32 hubId, bytes32 newPin) external byOperator(hubId) {
        Entry storage h = _hubs[hubId];
        bytes32 previous = h.pin;
        _requireNewPin(newPin, previous);
        h.pin = newPin;
        h.previousPin = previous;
        emit HubPinRotated(hubId, newPin, previous);
    }

    /// @inheritdoc IHubList
    function retireHubPin(uint32 hubId) external byOperator(hubId) {
        Entry storage h = _hubs[hubId];
        bytes32 previous = h.previousPin;
        if (previous == 0) revert NothingToRetire(hubId);
        h.previousPin = 0;
        emit HubPinRetired(hubId, previous);
    }

    /// @inheritdoc IHubList
    function addNode(uint32 hubId, string calldata uri, bytes32 pin, uint32 capacity)
        external
        byOperator(hubId)
        returns (uint32 index)
    {
        _requireUri(uri);
        _requireNewPin(pin, 0);
        index = _hubs[hubId].nodeCount++;
        Node storage n = _nodes[hubId][index];
        n.uri = uri;
        n.pin = pin;
        n.capacity = capacity;
        n.active = true;
        emit NodeAdded(hubId, index, uri, pin, capacity);
    }

    /// @inheritdoc IHubList
    function setNode(uint32 hubId, uint32 index, string calldata uri, uint32 capacity, bool active)
        external
        byOperator(hubId)
    {
        _requireUri(uri);
        Node storage n = _node(hubId, index);
        n.uri = uri;
        n.capacity = capacity;
        n.active = active;
        emit NodeChanged(hubId, index, uri, capacity, active);
    }

    /// @inheritdoc IHubList
    function rotateNodePin(uint32 hubId, uint32 index, bytes32 newPin) external byOperator(hubId) {
        Node storage n = _node(hubId, index);
        bytes32 previous = n.pin;
        _requireNewPin(newPin, previous);
        n.pin = newPin;
        n.previousPin = previous;
        emit NodePinRotated(hubId, index, newPin, previous);
    }

    /// @inheritdoc IHubList
    function retireNodePin(uint32 hubId, uint32 index) external byOperator(hubId) {
        Node storage n = _node(hubId, index);
        bytes32 previous = n.previousPin;
        if (previous == 0) revert NothingToRetire(hubId);
        n.previousPin = 0;
        emit NodePinRetired(hubId, index, previous);
    }

    /// @inheritdoc IHubList
    function beginExit(uint32 hubId) external byOperator(hubId) {
        Entry storage h = _hubs[hubId];
        if (h.exitAt != 0) revert ExitAlreadyBegun(hubId, h.exitAt);
        uint64 exitAt = uint64(block.timestamp) + EXIT_DELAY;
        h.exitAt = uint56(exitAt);
        emit ExitBegun(hubId, exitAt);
    }

    /// @inheritdoc IHubList
    function cancelExit(uint32 hubId) external byOperator(hubId) {
        Entry storage h = _hubs[hubId];
        if (h.exitAt == 0) revert ExitNotBegun(hubId);
        h.exitAt = 0;
        emit ExitCancelled(hubId);
    }

    /// @inheritdoc IHubList
    function withdrawBond(uint32 hubId) external byOperator(hubId) {
        Entry storage h = _hubs[hubId];
        uint64 exitAt = h.exitAt;
        if (exitAt == 0) revert ExitNotBegun(hubId);
        // What a validator can shift is seconds; the delay is a week.
        // slither-disable-next-line timestamp
        if (block.timestamp < exitAt) revert ExitNotReady(hubId, exitAt, block.timestamp);
        h.bonded = false;
        h.pendingOperator = address(0);
        emit BondWithdrawn(hubId, msg.sender, BOND);
        // A call, because the operator may be a contract that needs more than 2,300 gas. All is written already.
        // slither-disable-next-line low-level-calls
        (bool ok,) = msg.sender.call{value: BOND}("");
        if (!ok) revert BondTransferFailed(hubId, msg.sender);
    }

    /// @inheritdoc IHubList
    function proposeOperator(uint32 hubId, address next) external byOperator(hubId) {
        _hubs[hubId].pendingOperator = next;
        emit OperatorProposed(hubId, next);
    }

    /// @inheritdoc IHubList
    function acceptOperator(uint32 hubId) external {
        Entry storage h = _hubs[hubId];
        address pending = h.pendingOperator;
        if (msg.sender != pending) revert NotPendingOperator(hubId, msg.sender, pending);
        ++version;
        address previous = h.operator;
        h.operator = msg.sender;
        h.pendingOperator = address(0);
        h.exitAt = 0;
        emit OperatorChanged(hubId, previous, msg.sender);
    }

    /// @inheritdoc IHubList
    function hub(uint32 hubId) external view returns (Hub memory) {
        Entry storage h = _hubs[hubId];
        uint256 bond = h.bonded ? BOND : 0;
        return Hub(h.operator, h.pendingOperator, h.uri, h.pin, h.previousPin, bond, h.exitAt, h.nodeCount);
    }

    /// @inheritdoc IHubList
    function nodes(uint32 hubId, uint32 offset, uint32 limit) external view returns (Node[] memory page) {
        uint32 count = _hubs[hubId].nodeCount;
        // No time is compared here: the node count shares its slot with the exit's time.
        // slither-disable-next-line timestamp
        if (offset >= count) return page;
        uint32 left = count - offset;
        page = new Node[](left < limit ? left : limit);
        for (uint32 i = 0; i < page.length; ++i) {
            page[i] = _nodes[hubId][offset + i];
        }
    }

    function _node(uint32 hubId, uint32 index) private view returns (Node storage) {
        uint32 count = _hubs[hubId].nodeCount;
        // As above: no time is compared.
        // slither-disable-next-line timestamp
        if (index >= count) revert NoSuchNode(hubId, index, count);
        return _nodes[hubId][index];
    }

    function _requireUri(string calldata uri) private pure {
        if (!SipUri.isValid(uri)) revert InvalidUri(uri);
    }

    function _requireNewPin(bytes32 pin, bytes32 present) private pure {
        if (pin == 0 || pin == present) revert InvalidPin(pin);
    }
}
