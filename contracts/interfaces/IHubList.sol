// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title The hubs and their nodes
/// @notice A user finds his home hub's address and key here, and the nodes that the hub answers for. A pin is the
///         SHA-256 of a TLS SubjectPublicKeyInfo. While a key rotates, two pins hold.
interface IHubList {
    /// @notice A hub.
    struct Hub {
        /// zero when there is no such hub
        address operator;
        /// who may take over; zero when nobody
        address pendingOperator;
        string uri;
        bytes32 pin;
        /// holds too, until it is retired; zero when there is none
        bytes32 previousPin;
        /// in wei; zero when the hub has left
        uint256 bond;
        /// when the bond may be withdrawn, in seconds since 1970; 0 while no exit is begun
        uint64 exitAt;
        uint32 nodeCount;
    }

    /// @notice A node in a hub's list.
    struct Node {
        string uri;
        bytes32 pin;
        /// holds too, until it is retired; zero when there is none
        bytes32 previousPin;
        /// how many users it serves
        uint32 capacity;
        bool active;
    }

    /// @notice The bond is exactly `bond` wei.
    error WrongBond(uint256 bond, uint256 paid);

    /// @notice Only the hub's operator may do this. `operator` is zero when there is no such hub.
    error NotOperator(uint32 hubId, address caller, address operator);

    /// @notice Only the account that was proposed may accept.
    error NotPendingOperator(uint32 hubId, address caller, address pending);

    /// @notice The hub took its bond and is no more.
    error HubLeft(uint32 hubId);

    /// @notice The hub has no such node.
    error NoSuchNode(uint32 hubId, uint32 index, uint32 count);

    /// @notice Not `sip:` or `sips:` and 1 to 123 of letters, digits and -._:;=@[] behind it.
    error InvalidUri(string uri);

    /// @notice A pin is not zero and differs from the present one.
    error InvalidPin(bytes32 pin);

    /// @notice No previous pin is left to retire.
    error NothingToRetire(uint32 hubId);

    /// @notice The exit was begun: the bond may be withdrawn at `exitAt`.
    error ExitAlreadyBegun(uint32 hubId, uint64 exitAt);

    /// @notice No exit was begun.
    error ExitNotBegun(uint32 hubId);

    /// @notice The bond may be withdrawn at `exitAt`; the chain's clock says `time`.
    error ExitNotReady(uint32 hubId, uint64 exitAt, uint256 time);

    /// @notice The operator took not the bond.
    error BondTransferFailed(uint32 hubId, address operator);

    /// @notice A hub entered the list with its bond.
    event HubAdded(uint32 indexed hubId, address indexed operator, string uri, bytes32 pin);

    /// @notice The hub is at another address now.
    event HubChanged(uint32 indexed hubId, string uri);

    /// @notice The hub's key is `pin` now; `previous` holds too until it is retired, and what was before it no longer.
    event HubPinRotated(uint32 indexed hubId, bytes32 pin, bytes32 previous);

    /// @notice The hub's previous key holds no longer.
    event HubPinRetired(uint32 indexed hubId, bytes32 pin);

    /// @notice A node entered the hub's list, active.
    event NodeAdded(uint32 indexed hubId, uint32 indexed index, string uri, bytes32 pin, uint32 capacity);

    /// @notice The node's address, capacity or state is another now.
    event NodeChanged(uint32 indexed hubId, uint32 indexed index, string uri, uint32 capacity, bool active);

    /// @notice The node's key is `pin` now; `previous` holds too until it is retired.
    event NodePinRotated(uint32 indexed hubId, uint32 indexed index, bytes32 pin, bytes32 previous);

    /// @notice The node's previous key holds no longer.
    event NodePinRetired(uint32 indexed hubId, uint32 indexed index, bytes32 pin);

    /// @notice The hub may leave with its bond at `exitAt`.
    event ExitBegun(uint32 indexed hubId, uint64 exitAt);

    /// @notice The hub stays.
    event ExitCancelled(uint32 indexed hubId);

    /// @notice The hub left with its bond.
    event BondWithdrawn(uint32 indexed hubId, address indexed operator, uint256 bond);

    /// @notice `operator` may take the hub over; zero takes the offer back.
    event OperatorProposed(uint32 indexed hubId, address indexed operator);

    /// @notice The hub has another operator, and a begun exit ends.
    event OperatorChanged(uint32 indexed hubId, address indexed previous, address indexed operator);

    /// @notice Adds a hub with the bond that BOND says. Its id is counted from 1.
    function addHub(string calldata uri, bytes32 pin) external payable returns (uint32 hubId);

    /// @notice Changes the hub's address. All from here to withdrawBond are the operator's calls.
    function setHub(uint32 hubId, string calldata uri) external;

    /// @notice Makes `newPin` the hub's key, and keeps the present one as the previous.
    function rotateHubPin(uint32 hubId, bytes32 newPin) external;

    /// @notice Ends the overlap.
    function retireHubPin(uint32 hubId) external;

    /// @notice Adds a node, active. Its index is counted from 0 within the hub.
    function addNode(uint32 hubId, string calldata uri, bytes32 pin, uint32 capacity) external returns (uint32 index);

    /// @notice Changes a node's address, capacity and state.
    function setNode(uint32 hubId, uint32 index, string calldata uri, uint32 capacity, bool active) external;

    /// @notice Makes `newPin` the node's key, and keeps the present one as the previous.
    function rotateNodePin(uint32 hubId, uint32 index, bytes32 newPin) external;

    /// @notice Ends the overlap.
    function retireNodePin(uint32 hubId, uint32 index) external;

    /// @notice Says that the hub will leave in EXIT_DELAY.
    function beginExit(uint32 hubId) external;

    /// @notice Takes that back.
    function cancelExit(uint32 hubId) external;

    /// @notice Takes the hub from the list and the bond to its operator.
    function withdrawBond(uint32 hubId) external;

    /// @notice Offers the hub to another operator; zero takes the offer back.
    function proposeOperator(uint32 hubId, address next) external;

    /// @notice Takes the hub over with its bond, and ends a begun exit. The proposed account's call.
    function acceptOperator(uint32 hubId) external;

    /// @notice The hub; all zero when there is none of that id.
    function hub(uint32 hubId) external view returns (Hub memory);

    /// @notice Up to `limit` nodes of a hub from `offset` on.
    function nodes(uint32 hubId, uint32 offset, uint32 limit) external view returns (Node[] memory page);

    /// @notice How many hubs were ever added; the highest id.
    function hubCount() external view returns (uint32);

    /// @notice How often the list has changed: one for each event.
    function version() external view returns (uint64);
}
