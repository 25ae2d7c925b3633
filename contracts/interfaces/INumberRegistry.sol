// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import {IERC5646} from "./IERC5646.sol";
import {IOwnerSigned} from "./IOwnerSigned.sol";

/// @title Who holds which number
/// @notice ERC-721; the token id is the number's integer value. A number is 5 to 15 decimal digits, the first not 0.
///         Nobody can pause, upgrade or seize: the linker's one call fixes the other contracts for ever.
interface INumberRegistry is IERC4906, IERC5646, IOwnerSigned {
    /// @notice Fewer than 5 or more than 15 digits.
    error NotANumber(uint256 number);

    /// @notice Only the registrar mints. It is zero until the registry is linked.
    error NotRegistrar(address caller, address registrar);

    /// @notice Only the alias contract may say that a name changed.
    error NotNameAlias(address caller, address nameAlias);

    /// @notice Only `linker` may link.
    error NotLinker(address caller, address linker);

    /// @notice The registry is linked once and never again.
    error AlreadyLinked();

    /// @notice A number is linked to nothing at zero.
    error ZeroLink();

    /// @notice The number is held by `to` already: there is nothing to move.
    error AlreadyHolds(uint256 number, address to);

    /// @notice The contracts that belong to this registry, from now on and for ever.
    // Logged once in the life of a registry: nobody searches for it by address.
    // slither-disable-next-line unindexed-event-address
    event Linked(address registrar, address nameAlias, address records, address market);

    /// @notice `number` changed hands and entered `epoch`: whatever was recorded in an earlier epoch is void. The first
    ///         epoch is 1. Emitted with every Transfer but that of a move.
    event EpochAdvanced(uint256 indexed number, uint64 epoch);

    /// @notice All sessions of `number` that were delegated under an earlier session counter are void.
    event SessionsRevoked(uint256 indexed number, uint64 session);

    /// @notice The owner took `number` from his account `from` to his account `to`: epoch and records stay.
    event Moved(uint256 indexed number, address indexed from, address indexed to);

    /// @notice Fixes the other contracts of the suite. Once, by the linker.
    // The parameters are named as the getters that say the same afterwards.
    // slither-disable-next-line shadowing-local
    function link(address registrar, address nameAlias, address records, address market) external;

    /// @notice Gives a number that nobody holds to `to`. The registrar's call.
    function mint(address to, uint256 number) external;

    /// @notice Emits ERC-4906's MetadataUpdate. The alias contract's call, because the card shows the name.
    function refreshMetadata(uint256 number) external;

    /// @notice Ends all sessions of `number`. The owner's call. Records stay.
    function revokeSessions(uint256 number) external;

    /// @notice The same, by the owner's signature over
    ///         RevokeSessions(uint256 number,uint64 epoch,uint64 session,uint256 nonce,uint256 deadline),
    ///         where `session` is the counter that is to end.
    function revokeSessionsFor(uint256 number, uint256 deadline, bytes calldata signature) external;

    /// @notice Takes `number` to another account of its owner, and keeps the epoch, hence the records. The owner's own
    ///         call; approved accounts cannot. `to` consents by signing
    ///         Move(uint256 number,address from,address to,uint64 epoch,uint256 nonce,uint256 deadline) with his nonce:
    ///         otherwise a seller could leave his own records in force for the buyer.
    function moveTo(uint256 number, address to, uint256 deadline, bytes calldata signature) external;

    /// @notice How often `number` has changed hands, 0 when it was never minted.
    function epochOf(uint256 number) external view returns (uint64);

    /// @notice The session counter of `number`.
    function sessionOf(uint256 number) external view returns (uint64);

    /// @notice Owner, epoch and session counter at once; zeros when nobody holds the number.
    function custodyOf(uint256 number) external view returns (address owner, uint64 epoch, uint64 session);

    /// @notice A value that differs after every change of owner (moves too), every `approve` of this number, and every
    ///         `setApprovalForAll` of its owner for the market. While it stays, so does the market's right to sell.
    function consentOf(uint256 number) external view returns (uint64);

    /// @notice The separator of the suite's EIP-712 domain.
    // The name that ERC-2612 gave it, by which tools know it.
    // slither-disable-next-line naming-convention
    function DOMAIN_SEPARATOR() external view returns (bytes32);

    /// @notice Who may link.
    function linker() external view returns (address);

    /// @notice The contract that mints; zero until linked.
    function registrar() external view returns (address);

    /// @notice The contract of names; zero until linked.
    function nameAlias() external view returns (address);

    /// @notice The contract of records; zero until linked.
    function records() external view returns (address);

    /// @notice The market; zero until linked.
    function market() external view returns (address);
}
