// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title The hubs and their nodes
/// @notice Users find the address and the key of their home hub here, and the nodes that the hub answers for. A pin is
///         the SHA-256 of a TLS SubjectPublicKeyInfo. While a key rotates, two pins hold.
interface IHubList {
    /// @notice A hub.
    struct Hub {
        /// zero when there is no such hub
        address operator;
        /// the account that may take over; zero when none is proposed
        address pendingOperator;
        /// where it listens: `sip:` or `sips:`, then host, port and parameters
        string uri;
        /// the pin of its key
        bytes32 pin;
        /// holds too, until it is retired; zero when there is none
        bytes32 previousPin;
        /// in wei; zero when the hub has left
        uint256 bond;
        /// when the bond may be withdrawn, in seconds since 1970; 0 while no exit is begun
        uint64 exitAt;
        /// how many nodes were ever added, active or not
        uint32 nodeCount;
    }

    /// @notice A node in a hub's list.
    struct Node {
        /// where it listens, written as a hub's
        string uri;
        /// the pin of its key
        bytes32 pin;
        /// holds too, until it is retired; zero when there is none
        bytes32 previousPin;
        /// how many users it serves
        uint32 capacity;
        /// whether the hub may send users to it
        bool active;
    }

    /// @notice The payment is not exactly the bond.
    /// @param bond What a hub deposits, in wei.
    /// @param paid What was sent, in wei.
    error WrongBond(uint256 bond, uint256 paid);

    /// @notice Only the hub's operator may do this. `operator` is zero when there is no such hub.
    /// @param hubId The hub.
    /// @param caller The account that called.
    /// @param operator The account that may; zero when there is no such hub.
    error NotOperator(uint32 hubId, address caller, address operator);

    /// @notice Only the account that was proposed may accept.
    /// @param hubId The hub.
    /// @param caller The account that called.
    /// @param pending The account that was proposed; zero when none is.
    error NotPendingOperator(uint32 hubId, address caller, address pending);

    /// @notice The hub took its bond and is no more.
    /// @param hubId The hub.
    error HubLeft(uint32 hubId);

    /// @notice The hub has no such node.
    /// @param hubId The hub.
    /// @param index The index that was given.
    /// @param count How many nodes the hub has; indices go from 0 to one less.
    error NoSuchNode(uint32 hubId, uint32 index, uint32 count);

    /// @notice Not `sip:` or `sips:` and 1 to 123 of letters, digits and -._:;=@[] behind it.
    /// @param uri The address that was given.
    error InvalidUri(string uri);

    /// @notice A pin is not zero and differs from the present one.
    /// @param pin The pin that was given.
    error InvalidPin(bytes32 pin);

    /// @notice No previous pin is left to retire.
    /// @param hubId The hub.
    error NothingToRetire(uint32 hubId);

    /// @notice The exit was begun already.
    /// @param hubId The hub.
    /// @param exitAt When the bond may be withdrawn, in seconds since 1970.
    error ExitAlreadyBegun(uint32 hubId, uint64 exitAt);

    /// @notice No exit was begun.
    /// @param hubId The hub.
    error ExitNotBegun(uint32 hubId);

    /// @notice The bond may not be withdrawn yet.
    /// @param hubId The hub.
    /// @param exitAt When it may be, in seconds since 1970.
    /// @param time What the chain's clock says, in seconds since 1970.
    error ExitNotReady(uint32 hubId, uint64 exitAt, uint256 time);

    /// @notice The operator did not accept the bond.
    /// @param hubId The hub.
    /// @param operator The operator.
    error BondTransferFailed(uint32 hubId, address operator);

    /// @notice A hub entered the list with its bond.
    /// @dev A reader may assume that ids come in order, from 1 on and without a gap; that the hub has no nodes yet;
    ///      and that address, pin and operator stay what they are until an event with this id says otherwise. Each
    ///      event of this contract raises `version` by one.
    /// @param hubId The hub.
    /// @param operator The account that pays the bond and may change the hub.
    /// @param uri Its address. Its bytes are checked, not its meaning: a reader parses it with care.
    /// @param pin The pin of its key.
    event HubAdded(uint32 indexed hubId, address indexed operator, string uri, bytes32 pin);

    /// @notice The hub is at another address now.
    /// @param hubId The hub.
    /// @param uri Its address from now on.
    event HubChanged(uint32 indexed hubId, string uri);

    /// @notice The hub has another key now. The key before it holds too until it is retired.
    /// @dev A reader may assume that no pin but these two holds: the one that was `previous` before is void.
    /// @param hubId The hub.
    /// @param pin The pin of its key from now on.
    /// @param previous The pin that was its key's until now.
    event HubPinRotated(uint32 indexed hubId, bytes32 pin, bytes32 previous);

    /// @notice The hub's previous key holds no longer.
    /// @param hubId The hub.
    /// @param pin The pin that is void from now on.
    event HubPinRetired(uint32 indexed hubId, bytes32 pin);

    /// @notice A node entered the hub's list, active.
    /// @dev A reader may assume that a hub's indices come in order, from 0 on and without a gap, and that a node never
    ///      leaves the list: one that serves nobody is inactive.
    /// @param hubId The hub.
    /// @param index The node's place in the hub's list.
    /// @param uri Its address.
    /// @param pin The pin of its key.
    /// @param capacity How many users it serves.
    event NodeAdded(uint32 indexed hubId, uint32 indexed index, string uri, bytes32 pin, uint32 capacity);

    /// @notice The node has this address, capacity and state now; any of them may be what it was.
    /// @param hubId The hub.
    /// @param index The node's place in the hub's list.
    /// @param uri Its address from now on.
    /// @param capacity How many users it serves.
    /// @param active Whether the hub may send users to it.
    event NodeChanged(uint32 indexed hubId, uint32 indexed index, string uri, uint32 capacity, bool active);

    /// @notice The node has another key now. The key before it holds too until it is retired.
    /// @dev A reader may assume that no pin but these two holds: the one that was `previous` before is void.
    /// @param hubId The hub.
    /// @param index The node's place in the hub's list.
    /// @param pin The pin of its key from now on.
    /// @param previous The pin that was its key's until now.
    event NodePinRotated(uint32 indexed hubId, uint32 indexed index, bytes32 pin, bytes32 previous);

    /// @notice The node's previous key holds no longer.
    /// @param hubId The hub.
    /// @param index The node's place in the hub's list.
    /// @param pin The pin that is void from now on.
    event NodePinRetired(uint32 indexed hubId, uint32 indexed index, bytes32 pin);

    /// @notice The hub may leave with its bond.
    /// @dev A reader may assume that the hub stays in the list until BondWithdrawn, however late that comes.
    /// @param hubId The hub.
    /// @param exitAt From when on it may, in seconds since 1970.
    event ExitBegun(uint32 indexed hubId, uint64 exitAt);

    /// @notice The hub stays: its exit is taken back.
    /// @param hubId The hub.
    event ExitCancelled(uint32 indexed hubId);

    /// @notice The hub left with its bond.
    /// @dev A reader may assume that no event with this id comes any more, and must not trust its nodes any longer.
    /// @param hubId The hub.
    /// @param operator The account that got the bond.
    /// @param bond The bond, in wei.
    event BondWithdrawn(uint32 indexed hubId, address indexed operator, uint256 bond);

    /// @notice The hub is offered to `operator`.
    /// @dev A reader may assume that it replaces whoever was proposed before.
    /// @param hubId The hub.
    /// @param operator The account that may take it over; zero takes the offer back.
    event OperatorProposed(uint32 indexed hubId, address indexed operator);

    /// @notice The hub has another operator, and a begun exit ends.
    /// @dev A reader may assume that nobody is proposed after it, and that the bond goes with the hub.
    /// @param hubId The hub.
    /// @param previous The account that was the operator.
    /// @param operator The account that is.
    event OperatorChanged(uint32 indexed hubId, address indexed previous, address indexed operator);

    /// @notice Adds a hub. The bond is paid with the call; the caller becomes its operator.
    /// @dev Reverts with WrongBond, InvalidUri or InvalidPin.
    /// @param uri Its address: `sip:` or `sips:`, then at most 123 of letters, digits and -._:;=@[].
    /// @param pin The pin of its key.
    /// @return hubId Its id, counted from 1.
    function addHub(string calldata uri, bytes32 pin) external payable returns (uint32 hubId);

    /// @notice Changes the hub's address. The operator's call.
    /// @dev Reverts with NotOperator or HubLeft, as all operator's calls do, or with InvalidUri.
    /// @param hubId The hub.
    /// @param uri Its new address.
    function setHub(uint32 hubId, string calldata uri) external;

    /// @notice Makes `newPin` the hub's key, and keeps the present one as the previous. The operator's call.
    /// @dev Reverts with InvalidPin.
    /// @param hubId The hub.
    /// @param newPin The pin of the new key.
    function rotateHubPin(uint32 hubId, bytes32 newPin) external;

    /// @notice Ends the overlap of a rotation: only the present key holds. The operator's call.
    /// @dev Reverts with NothingToRetire.
    /// @param hubId The hub.
    function retireHubPin(uint32 hubId) external;

    /// @notice Adds a node to the hub, active. The operator's call.
    /// @dev Reverts with InvalidUri or InvalidPin.
    /// @param hubId The hub.
    /// @param uri The node's address.
    /// @param pin The pin of its key.
    /// @param capacity How many users it serves.
    /// @return index Its place in the hub's list, counted from 0.
    function addNode(uint32 hubId, string calldata uri, bytes32 pin, uint32 capacity) external returns (uint32 index);

    /// @notice Changes a node's address, capacity and state. The operator's call.
    /// @dev Reverts with InvalidUri or NoSuchNode.
    /// @param hubId The hub.
    /// @param index The node's place in the hub's list.
    /// @param uri The node's address.
    /// @param capacity How many users it serves.
    /// @param active Whether the hub may send users to it.
    function setNode(uint32 hubId, uint32 index, string calldata uri, uint32 capacity, bool active) external;

    /// @notice Makes `newPin` the node's key, and keeps the present one as the previous. The operator's call.
    /// @dev Reverts with InvalidPin or NoSuchNode.
    /// @param hubId The hub.
    /// @param index The node's place in the hub's list.
    /// @param newPin The pin of the new key.
    function rotateNodePin(uint32 hubId, uint32 index, bytes32 newPin) external;

    /// @notice Ends the overlap of a node's rotation: only the present key holds. The operator's call.
    /// @dev Reverts with NothingToRetire or NoSuchNode.
    /// @param hubId The hub.
    /// @param index The node's place in the hub's list.
    function retireNodePin(uint32 hubId, uint32 index) external;

    /// @notice Says that the hub will leave, EXIT_DELAY from now at the earliest. The operator's call.
    /// @dev Reverts with ExitAlreadyBegun.
    /// @param hubId The hub.
    function beginExit(uint32 hubId) external;

    /// @notice Takes the exit back: the hub stays. The operator's call.
    /// @dev Reverts with ExitNotBegun.
    /// @param hubId The hub.
    function cancelExit(uint32 hubId) external;

    /// @notice Takes the hub from the list and pays the bond to its operator. The operator's call.
    /// @dev Reverts with ExitNotBegun, ExitNotReady or BondTransferFailed.
    /// @param hubId The hub.
    function withdrawBond(uint32 hubId) external;

    /// @notice Offers the hub to another operator. The operator's call.
    /// @param hubId The hub.
    /// @param next The account; zero takes the offer back.
    function proposeOperator(uint32 hubId, address next) external;

    /// @notice Takes the hub over with its bond, and ends a begun exit. The proposed account's call.
    /// @dev Reverts with NotPendingOperator.
    /// @param hubId The hub.
    function acceptOperator(uint32 hubId) external;

    /// @notice Gives a hub.
    /// @param hubId The hub.
    /// @return The hub; all zero when there is none of that id.
    function hub(uint32 hubId) external view returns (Hub memory);

    /// @notice Gives the nodes of a hub, a page at a time.
    /// @param hubId The hub.
    /// @param offset The index of the first node wanted.
    /// @param limit How many nodes are wanted at most.
    /// @return page The nodes by index; fewer than `limit` at the end of the list, none behind it.
    function nodes(uint32 hubId, uint32 offset, uint32 limit) external view returns (Node[] memory page);

    /// @notice Says how many hubs were ever added.
    /// @return The count, which is the highest id.
    function hubCount() external view returns (uint32);

    /// @notice Says how often the list has changed: one for each event.
    /// @return The count. A reader who knows it asks for the list again only when it is another.
    function version() external view returns (uint64);
}
